import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { contextOf } from "./context.js";

const secretBytes = 32;

export function addKeygen(program: Command): void {
  program
    .command("keygen")
    .description("print a new pair secret")
    .addHelpText(
      "after",
      "\nThe file must be readable by root alone:\n  umask 077; vipair keygen > /etc/vipair/pair.key",
    )
    .action((_options, command: Command) => {
      const secret = randomBytes(secretBytes).toString("base64");
      contextOf(command).output.answer({ secret }, () => [secret]);
    });
}
