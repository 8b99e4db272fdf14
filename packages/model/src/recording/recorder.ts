import type { Instant } from "../duration.js";
import { encodeEffect, encodeValue, type Opening, type RecordingSubject } from "./line.js";

/**
 * Records a machine: every event that reached it, and the effects that it asked for, a line of JSON for each step.
 *
 *   {"machine":"election","node":"lb1","version":"0.1.0","config":{…},"at":"2026-…","now":71.5,"dropped":0,"state":{…}}
 *   {"now":81.5,"event":{"type":"leaseRenewed"}}
 *   {"now":91.5,"event":{"type":"heartbeatReceived","heartbeat":{…}},"effects":[{"type":"renewLease","ttl":250}]}
 *   {"now":101.5,"event":"leaseRenewed"}
 *   {"now":191.5,"event":"heartbeatReceived","effects":["renewLease"]}
 *
 * What equals the last one of its type since the opening line is written as its type alone: hours fit into a few megabytes.
 *
 * A step costs the machine's loop no more than keeping four references; the lines are made when somebody takes them. Who
 * takes too seldom loses steps, which are counted, and never holds up the machine.
 */
export interface Recorder<State, Event, Effect> {
  stepped(before: State, event: Event, now: Instant, effects: readonly Effect[]): void;
  /** The lines of the oldest steps that were not taken yet; `undefined` when there are none. */
  take(): Piece | undefined;
  /** What is taken next begins with an opening line, because what was taken before is full, or parts of it are lost. */
  beginAnew(): void;
}

export interface Piece {
  /** Whole lines in ASCII. */
  readonly text: string;
  /** The first line is an opening: what came before is not needed to read it. */
  readonly opens: boolean;
}

export interface RecorderOptions extends RecordingSubject {
  /** The wall clock: ISO 8601. */
  readonly at: () => string;
}

interface Typed {
  readonly type: string;
}

interface Step<State, Event, Effect> {
  readonly before: State;
  readonly event: Event;
  readonly now: Instant;
  readonly effects: readonly Effect[];
}

/** Steps that wait to be taken; more are dropped, all of them, for the machine has moved on from where they began. */
const mostWaiting = 4_096;
/** Steps of one piece, so that making it is over in a few milliseconds. */
const stepsOfPiece = 256;

export function openRecorder<State, Event extends Typed, Effect extends Typed>(
  options: RecorderOptions,
): Recorder<State, Event, Effect> {
  let waiting: Step<State, Event, Effect>[] = [];
  let dropped = 0;
  let opening = true;
  /** By type, what a type alone stands for. */
  const last = { events: new Map<string, string>(), effects: new Map<string, string>() };

  const openingLine = ({ before, now }: Step<State, Event, Effect>): string => {
    const { machine, node, version, config, at } = options;
    const line: Opening = { machine, node, version, config, at: at(), now, dropped, state: before };
    dropped = 0;
    last.events.clear();
    last.effects.clear();
    return `${encodeValue(line)}\n`;
  };
  const stepLine = ({ event, now, effects }: Step<State, Event, Effect>): string => {
    const what = shorten(last.events, event.type, encodeValue(event));
    const list = effects.map((effect) => shorten(last.effects, effect.type, encodeEffect(effect)));
    return `{"now":${now},"event":${what}${list.length === 0 ? "" : `,"effects":[${list.join(",")}]`}}\n`;
  };

  return {
    stepped: (before, event, now, effects) => {
      if (waiting.length === mostWaiting) {
        dropped += waiting.length;
        waiting = [];
        opening = true;
      }
      waiting.push({ before, event, now, effects });
    },
    take: () => {
      const steps = waiting.splice(0, stepsOfPiece);
      const [first] = steps;
      if (first === undefined) return undefined;
      const opens = opening;
      opening = false;
      const head = opens ? openingLine(first) : "";
      return { text: head + steps.map(stepLine).join(""), opens };
    },
    beginAnew: () => {
      opening = true;
    },
  };
}

function shorten(last: Map<string, string>, type: string, text: string): string {
  if (last.get(type) === text) return JSON.stringify(type);
  last.set(type, text);
  return text;
}
