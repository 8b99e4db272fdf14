import { Argument, type Command } from "commander";
import { failoverLine, handoverLine, planLines } from "../screen/failover.js";
import { type Context, contextOf } from "./context.js";

export function addFailover(program: Command): void {
  program
    .command("failover")
    .description("the active node hands over to the standby; waits until it is done")
    .option("--force", "hand over even when the standby is not ready")
    .option("--explain", "say what would happen, and do nothing")
    .action(async ({ force, explain }: { force?: true; explain?: true }, command: Command) => {
      const context = contextOf(command);
      await (explain ? explainFailover(context) : failOver(context, force === true));
    });
}

async function explainFailover({ daemon, output }: Context): Promise<void> {
  const plan = await daemon.explainFailover();
  output.answer(plan, () => planLines(plan, output.paint));
}

async function failOver({ daemon, output }: Context, force: boolean): Promise<void> {
  output.progress(handoverLine(await daemon.status()));
  const report = await daemon.failover(force);
  output.answer(report, () => [failoverLine(report)]);
}

export function addMaintenance(program: Command): void {
  program
    .command("maintenance")
    .description("on: this node hands over if it is active, and will not become active until off")
    .addArgument(new Argument("<state>").choices(["on", "off"]))
    .option("--force", "hand over even when the standby is not ready")
    .action(async (state: "on" | "off", { force }: { force?: true }, command: Command) => {
      const { daemon, output } = contextOf(command);
      const answer = await daemon.setMaintenance(state === "on", force === true);
      output.answer(answer, () => [
        answer.maintenance
          ? "this node is in maintenance: it will not become active until `vipair maintenance off`"
          : "this node takes part again",
      ]);
    });
}
