import type { Command } from "commander";
import { contextOf } from "./context.js";

export function addWhy(program: Command): void {
  program
    .command("why")
    .description("the reason, from the same rules that decided")
    .argument("<subject>", "active, standby, SERVICE, or SERVICE/SERVER")
    .action(async (subject: string, _options, command: Command) => {
      const { daemon, output } = contextOf(command);
      const answer = await daemon.why(subject);
      output.answer(answer, () => answer.sentences);
    });
}
