import type { TuningStatusReport } from "@vipair/model";
import type { Command } from "commander";
import { Failed } from "../exit.js";
import { tuningLines } from "../screen/tuning.js";
import { contextOf } from "./context.js";

export function addTuning(program: Command): void {
  program
    .command("tuning")
    .description("how both hosts are set for forwarding, and what would be better; changes nothing")
    .action(async (_options, command: Command) => {
      const { daemon, output } = contextOf(command);
      const report = await daemon.tuning();
      const lines = () => tuningLines(report, output.paint);
      const urgent = urgentSettings(report);
      if (urgent.length === 0) return output.answer(report, lines);
      for (const line of lines()) output.progress(line);
      throw new Failed("connections are refused or lost as it is, now or at the next takeover", urgent, report);
    });
}

const urgentSettings = ({ nodes }: TuningStatusReport): string[] =>
  nodes.flatMap(({ node, tuning }) =>
    (tuning?.advice ?? []).filter(({ urgent }) => urgent).map(({ setting }) => `${setting} of ${node}`),
  );
