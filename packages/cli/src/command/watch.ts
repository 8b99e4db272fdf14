import { setTimeout as delay } from "node:timers/promises";
import type { StatusReport } from "@vipair/model";
import type { Command } from "commander";
import { Unreachable } from "../exit.js";
import { statusLines } from "../screen/status.js";
import { openTerminal, type Terminal } from "../screen/terminal.js";
import { type Context, contextOf } from "./context.js";
import { stopSignal } from "./stop.js";

const redrawMs = 1_000;

export function addWatch(program: Command): void {
  program
    .command("watch")
    .description("the status, live; q or ctrl-c ends")
    .action(async (_options, command: Command) => watch(contextOf(command)));
}

/** Draws the status every second, and goes on while the daemon is away. */
async function watch(context: Context): Promise<void> {
  const terminal = context.output.json ? undefined : openTerminal(process.stdin, process.stdout);
  const stop = AbortSignal.any([stopSignal(), ...(terminal ? [terminal.quit] : [])]);
  try {
    while (!stop.aborted) {
      await drawOnce(context, terminal);
      await delay(redrawMs, undefined, { signal: stop }).catch(() => {});
    }
  } finally {
    terminal?.close();
  }
}

async function drawOnce({ daemon, output }: Context, terminal: Terminal | undefined): Promise<void> {
  const report = await daemon.status(2 * redrawMs).catch(away);
  const lines = () => frameLines(report, output);
  if (terminal) terminal.draw(lines());
  else if (report instanceof Unreachable) output.item({ error: report.message }, lines);
  else output.item(report, () => [...lines(), ""]);
}

function frameLines(report: StatusReport | Unreachable, { paint }: Context["output"]): string[] {
  if (!(report instanceof Unreachable)) return statusLines(report, Date.now(), paint);
  return [paint.red("✘ daemon not reachable, retrying"), report.message, report.hint];
}

function away(error: unknown): Unreachable {
  if (error instanceof Unreachable) return error;
  throw error;
}
