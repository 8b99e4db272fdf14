import { encodeEffect, encodeValue, type Opening, openReader, type RecordedStep } from "@vipair/model";
import { machineOf, type Step } from "./machines.js";

/** What came of a recording that was fed to its machines. */
export interface Replay {
  readonly events: number;
  readonly effects: number;
  /** Opening lines: every one starts the machine from the state that it has. */
  readonly openings: number;
  /** Steps that the recording says were lost. */
  readonly dropped: number;
  /** Lines that ended with their writer, each just before an opening line or the end. */
  readonly cutShort: number;
  readonly difference: Difference | undefined;
}

/** The first place where the recording and the machine do not agree. */
export interface Difference {
  /** Counted from 1. */
  readonly line: number;
  readonly what: string;
  readonly event?: unknown;
  /** Effects as they were recorded, and as the machine asks for them now. */
  readonly recorded?: readonly string[];
  readonly replayed?: readonly string[];
}

interface Running {
  readonly step: Step;
  state: unknown;
}

/** Feeds the lines to the machine of each opening line, and stops at the first difference. */
export function replay(lines: Iterable<string>): Replay {
  const reader = openReader();
  const counts = { events: 0, effects: 0, openings: 0, dropped: 0, cutShort: 0 };
  let running: Running | undefined;
  let unreadableAt: number | undefined;
  let line = 0;
  const end = (difference?: Difference): Replay => ({ ...counts, difference });

  for (const text of lines) {
    line += 1;
    if (text === "") continue;
    const read = reader.read(text);
    if (unreadableAt !== undefined && read.type !== "opening") return end(unreadable(unreadableAt));
    switch (read.type) {
      case "unreadable":
        unreadableAt = line;
        break;
      case "opening":
        if (unreadableAt !== undefined) counts.cutShort += 1;
        unreadableAt = undefined;
        counts.openings += 1;
        counts.dropped += read.opening.dropped;
        running = start(read.opening);
        break;
      case "step": {
        if (running === undefined) return end({ line, what: "a step before the first opening line" });
        counts.events += 1;
        counts.effects += read.step.effects.length;
        const difference = stepOn(running, read.step);
        if (difference !== undefined) return end({ line, ...difference });
      }
    }
  }
  if (unreadableAt !== undefined) counts.cutShort += 1;
  if (counts.openings === 0) return end({ line, what: "no recording: there is no opening line" });
  return end();
}

const start = ({ machine, config, state }: Opening): Running => ({ step: machineOf(machine, config), state });

const unreadable = (line: number): Difference => ({ line, what: "this line can not be read" });

function stepOn(running: Running, { now, event, effects }: RecordedStep): Omit<Difference, "line"> | undefined {
  let replayed: readonly string[];
  try {
    const result = running.step(running.state, event, now);
    running.state = result.state;
    replayed = result.effects.map(encodeEffect);
  } catch (error) {
    return { what: `the machine fails: ${(error as Error).message}`, event };
  }
  if (encodeValue(replayed) === encodeValue(effects)) return undefined;
  return { what: "the machine asks for other effects", event, recorded: effects, replayed };
}
