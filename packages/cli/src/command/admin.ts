import { type Admin, formatDuration, type Millis, serverKey } from "@vipair/model";
import type { Command } from "commander";
import { readDuration, readServerName, type ServerName } from "./argument.js";
import { contextOf } from "./context.js";

/** `drain`, `disable` and `enable`. */
export function addServerAdmin(program: Command): void {
  addChange(program, "drain", "draining", "no new connections to the server; those that live may go on").option(
    "--deadline <duration>",
    "cut what still lives after this long, such as 10m",
    readDuration,
  );
  addChange(program, "disable", "disabled", "take the server out at once, and cut its connections");
  addChange(program, "enable", "enabled", "let the server take connections again");
}

function addChange(program: Command, name: string, admin: Admin, description: string): Command {
  return program
    .command(name)
    .description(description)
    .argument("<service/server>", "the server", readServerName)
    .action(async (target: ServerName, { deadline }: { deadline?: Millis }, command: Command) => {
      const { daemon, output } = contextOf(command);
      const answer = await daemon.setAdmin(target.service, target.server, admin, deadline);
      output.answer(answer, () => [`${serverKey(target.service, target.server)} is ${consequence(admin, deadline)}`]);
    });
}

function consequence(admin: Admin, deadline: Millis | undefined): string {
  switch (admin) {
    case "enabled":
      return "enabled";
    case "disabled":
      return "disabled: no new connections, and those it had are cut";
    case "draining":
      return deadline === undefined
        ? "draining: no new connections; those that live may go on"
        : `draining: no new connections; those that still live are cut after ${formatDuration(deadline)}`;
  }
}
