/** Watches the standby's kernel from a process of its own: when each synthetic connection came into being there. */
import { type FlowEvents, type FlowWatch, flowSlot, openConntrack, slotKind, watchFlows } from "@vipair/kernel";
import { monotonicMs, pause } from "../../topology/clock.js";
import { answerQuestions } from "../../traffic/instrument.js";
import { census, entryNumber, entrySlots } from "./entry.js";
import type { ObserverAnswer, ObserverQuestion, SettledAnswer } from "./program.js";

const receiveBufferBytes = 256 * 1024 * 1024;
const threadStartMs = 1_000;
const conntrack = openConntrack();
let watching: FlowWatch | undefined;
let arrivals: number[] = [];
let arrived = 0;
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
      return settle(question.quietMs, question.deadlineMs);
    case "remove":
      conntrack.removeSlots(entrySlots(question.mark, 0, question.count));
      return { type: "removed" };
    case "census":
      return { type: "census", ...(await census(conntrack, question.mark, question.count)) };
  }
});

function watch(mark: number, count: number): void {
  arrivals = new Array<number>(count).fill(0);
  [arrived, overruns, lastAt] = [0, 0, monotonicMs()];
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
    const number = slotKind(view, offset) === "new" ? entryNumber(view, offset) : undefined;
    // One that is replaced later was there since its first arrival.
    if (number === undefined || arrivals[number] !== 0) continue;
    arrivals[number] = lastAt;
    arrived += 1;
  }
}

async function settle(quietMs: number, deadlineMs: number): Promise<SettledAnswer> {
  const startedAt = monotonicMs();
  const over = (now: number): boolean =>
    arrived === arrivals.length || now - Math.max(lastAt, startedAt) > quietMs || now - startedAt > deadlineMs;
  while (!over(monotonicMs())) await pause(20);
  await watching?.close();
  watching = undefined;
  return { type: "settled", arrivals, overruns };
}
