import { Argument, type Command } from "commander";
import { completionScript } from "../screen/completion.js";
import { contextOf } from "./context.js";

export function addCompletion(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes commands, options and servers in the shell")
    .addArgument(new Argument("<shell>").choices(["bash"]))
    .addHelpText("after", '\nTry it with:\n  eval "$(vipair completion bash)"')
    .action((shell: string, _options, command: Command) => {
      const script = completionScript(program);
      contextOf(command).output.answer({ shell, script }, () => script.trimEnd().split("\n"));
    });
}
