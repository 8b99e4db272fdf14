import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { Failed } from "../exit.js";
import { type Context, contextOf } from "./context.js";

export function addConfig(program: Command): void {
  const config = program.command("config").description("check a configuration file, or show the one in force");
  config
    .command("check")
    .description("print every problem of the file; needs no daemon and no privilege")
    .argument("<file>", "the configuration file")
    .action((file: string, _options, command: Command) => checkConfig(file, contextOf(command)));
  config
    .command("show")
    .description("print the configuration that the daemon runs with")
    .action(async (_options, command: Command) => {
      const { daemon, output } = contextOf(command);
      const text = await daemon.configText();
      output.answer({ config: text }, () => text.trimEnd().split("\n"));
    });
}

async function checkConfig(file: string, { output }: Context): Promise<void> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Failed(error.message);
  });
  // Loaded here alone: the other commands start without a YAML parser.
  const { formatProblems, parseConfig } = await import("@vipair/config");
  const result = parseConfig(text);
  const problems = result.ok ? [] : result.problems;
  const answer = { file, valid: result.ok, problems, warnings: result.warnings };
  const complaints = [...problems, ...result.warnings];
  if (complaints.length > 0) output.progress(formatProblems(file, complaints).trimEnd());
  if (!result.ok) throw new Failed(`${file} has ${counted(problems.length, "problem")}`, [], answer);
  output.answer(answer, () => [`${file} is good`]);
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
