import type { Command } from "commander";
import { Failed } from "../exit.js";
import { syncLines, verifyLines, verifyVerdict } from "../screen/sync.js";
import { type Context, contextOf } from "./context.js";

export function addSync(program: Command): void {
  const sync = program.command("sync").description("how the replication of connections stands");
  sync
    .command("status", { isDefault: true })
    .description("lag, protected share, drift, by both nodes' words")
    .action(async (_options, command: Command) => {
      const { daemon, output } = contextOf(command);
      const report = await daemon.sync();
      output.answer(report, () => syncLines(report, Date.now(), output.paint));
    });
  sync
    .command("verify")
    .description("compare the two nodes' kernels, and repair what differs")
    .option("--no-repair", "only look")
    .action(({ repair }: { repair: boolean }, command: Command) => verify(contextOf(command), repair));
}

async function verify({ daemon, output }: Context, repair: boolean): Promise<void> {
  const report = await daemon.verify(repair);
  if (!report.clean) throw new Failed(verifyVerdict(report), report.examples, report);
  output.answer(report, () => verifyLines(report));
}
