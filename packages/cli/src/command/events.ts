import type { EventReport, Millis } from "@vipair/model";
import type { Command } from "commander";
import { eventLine } from "../screen/event.js";
import { readDuration } from "./argument.js";
import { type Context, contextOf } from "./context.js";
import { stopSignal } from "./stop.js";

export function addEvents(program: Command): void {
  program
    .command("events")
    .description("role changes, health changes, takeovers: when, what, why")
    .option("--follow", "stay, and print events as they happen; one JSON object a line with --json")
    .option("--since <duration>", "only the last while, such as 1h", readDuration)
    .action(async ({ follow, since }: { follow?: true; since?: Millis }, command: Command) => {
      const sinceMs = since === undefined ? undefined : Date.now() - since;
      await (follow ? followEvents(contextOf(command), sinceMs) : listEvents(contextOf(command), sinceMs));
    });
}

async function listEvents({ daemon, output }: Context, since: number | undefined): Promise<void> {
  const events = await daemon.events(since);
  output.answer(events, () => events.map((event) => eventLine(event, output.paint)));
}

async function followEvents({ daemon, output }: Context, since: number | undefined): Promise<void> {
  const print = (event: EventReport) => output.item(event, () => [eventLine(event, output.paint)]);
  for await (const event of daemon.followEvents(since, stopSignal())) print(event);
}
