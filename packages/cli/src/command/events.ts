import type { EventReport, Millis } from "@vipair/model";
import type { Command } from "commander";
import type { TimelineFilter } from "../daemon/daemon.js";
import { eventLines, timelineNotes } from "../screen/event.js";
import { readDuration } from "./argument.js";
import { type Context, contextOf } from "./context.js";
import { stopSignal } from "./stop.js";

interface Options {
  readonly follow?: true;
  readonly since?: Millis;
  readonly node?: string;
}

export function addEvents(program: Command): void {
  program
    .command("events")
    .description("what happened on both nodes, when and why, and how long the addresses had no owner, or two")
    .option("--follow", "stay, and print events as they happen; one JSON object a line with --json")
    .option("--since <duration>", "only the last while, such as 1h", readDuration)
    .option("--node <name>", "only what this node says")
    .action(async ({ follow, since, node }: Options, command: Command) => {
      const filter = { since: since === undefined ? undefined : Date.now() - since, node };
      await (follow ? followEvents(contextOf(command), filter) : listEvents(contextOf(command), filter));
    });
}

async function listEvents({ daemon, output }: Context, filter: TimelineFilter): Promise<void> {
  const { peer, events } = await daemon.timeline(filter);
  const lines = (): string[] => [...timelineNotes(peer), ...events.flatMap((event) => eventLines(event, output.paint))];
  output.answer(events, lines);
}

async function followEvents({ daemon, output }: Context, filter: TimelineFilter): Promise<void> {
  const print = (event: EventReport) => output.item(event, () => eventLines(event, output.paint));
  for await (const event of daemon.followTimeline(filter, stopSignal())) print(event);
}
