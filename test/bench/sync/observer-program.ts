/** Watches the standby's kernel from a process of its own: when each synthetic connection came into being there, and ended. */
import { type FlowEvents, type FlowWatch, flowSlot, openConntrack, slotKind, watchFlows } from "@vipair/kernel";
import { monotonicMs, pause } from "../../topology/clock.js";
import { answerQuestions } from "../../traffic/instrument.js";
import { census, entryNumber, entrySlots } from "./entry.js";
import { Ledger } from "./ledger.js";
import type { ObserverAnswer, ObserverQuestion, SettledAnswer, SettleQuestion } from "./program.js";

const receiveBufferBytes = 256 * 1024 * 1024;
const threadStartMs = 1_000;
const conntrack = openConntrack();
let watching: FlowWatch | undefined;
let ledger = new Ledger(0);
let lastAt = 0;
let overruns = 0;

answerQuestions(async (question: ObserverQuestion): Promise<ObserverAnswer> => {
  switch (question.type) {
    case "watch":
      watch(question.mark, question.count);
      // The thread that reads the events has to start first; what it reads late would count as arrived late.
      await pause(threadStartMs);
      return { type: "watching" };
    case "settle":
      return settle(question);
    case "remove":
      conntrack.removeSlots(entrySlots(question.mark, question.range));
      return { type: "removed" };
    case "census":
      return { type: "census", ...(await census(conntrack, question.mark, question.range)) };
  }
});

function watch(mark: number, count: number): void {
  ledger = new Ledger(count);
  [overruns, lastAt] = [0, monotonicMs()];
  watching = watchFlows({ mark, mask: 0xffff_ffff, receiveBufferBytes }, note);
}

function note(events: FlowEvents): void {
  if (events.type === "overrun") {
    overruns += 1;
    return;
  }
  lastAt = monotonicMs();
  const view = new DataView(events.slots);
  for (let offset = 0; offset < view.byteLength; offset += flowSlot.size) {
    const kind = slotKind(view, offset);
    const number = entryNumber(view, offset);
    if (number === undefined || number >= ledger.count) continue;
    if (kind === "new") ledger.arrived(number, lastAt);
    else if (kind === "destroy") ledger.ended(number, lastAt);
  }
}

async function settle({ born, died, quietMs, deadlineMs, since }: SettleQuestion): Promise<SettledAnswer> {
  const startedAt = monotonicMs();
  const [bornTo, diedTo] = [born.at(-1)?.to ?? 0, died.at(-1)?.to ?? 0];
  const over = (now: number): boolean =>
    now - Math.max(lastAt, startedAt) > quietMs || now - startedAt > deadlineMs || ledger.isComplete(bornTo, diedTo);
  while (!over(monotonicMs())) await pause(20);
  await watching?.close();
  watching = undefined;
  return { type: "settled", ...ledger.summarise(born, died, since), overruns };
}
