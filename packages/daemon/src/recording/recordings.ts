import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type EventReport, openRecorder, type Piece } from "@vipair/model";
import type { BalanceLoopOptions } from "../balance/loop.js";
import { atBeat } from "../pace.js";
import { olderFile, openRing, type Ring } from "./ring.js";
import { openTurns } from "./turns.js";

/**
 * What a node keeps on disk for the night after: the recordings of its two machines, and its events.
 *
 *     DIRECTORY/agent.jsonl     agent.1.jsonl      the election, or the virtual router
 *     DIRECTORY/balance.jsonl   balance.1.jsonl    the balance
 *     DIRECTORY/events.jsonl    events.1.jsonl     what `vipair events` shows
 */
export interface Recordings {
  /** What the agent recorded; what is urgent does not wait for the rest. */
  append(piece: Piece, urgent: boolean): void;
  /** For the loop of the balance. */
  readonly balance: NonNullable<BalanceLoopOptions["record"]>;
  /** Events of earlier lives of this node, oldest first. */
  readonly past: readonly EventReport[];
  keep(event: EventReport): void;
  close(): Promise<void>;
}

export interface RecordingsOptions {
  /** `undefined`: nothing is kept. */
  readonly directory: string | undefined;
  /** When a file of a recording counts as full; there are two of each. */
  readonly bytes: number;
  readonly node: string;
  readonly version: string;
  /** The agent's next piece should open. */
  readonly wantsOpening: () => void;
  /** The disk refuses. Never called before this function has returned. */
  readonly refused: (error: string) => void;
}

const eventBytes = 1 << 20;
const takeEveryBeats = 2;

export function openRecordings(options: RecordingsOptions): Recordings {
  const { directory, bytes, node, version, refused } = options;
  if (directory === undefined) return nothingKept;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
  } catch (error) {
    setImmediate(() => refused((error as Error).message));
    return nothingKept;
  }
  const turns = openTurns();
  const ring = (name: string, bytes: number, wantsOpening: () => void): Ring =>
    openRing({
      file: join(directory, `${name}.jsonl`),
      bytes,
      turns,
      wantsOpening,
      refused: (error) => refused(`${name}: ${error}`),
    });
  const recorder = openRecorder<unknown, { type: string }, { type: string }>({
    machine: "balance",
    node,
    version,
    config: null,
    at: () => new Date().toISOString(),
  });
  const past = readEvents(join(directory, "events.jsonl"), node);
  const agent = ring("agent", bytes, options.wantsOpening);
  const balance = ring("balance", bytes, recorder.beginAnew);
  const events = ring("events", eventBytes, () => undefined);
  const take = (): void => {
    for (let piece = recorder.take(); piece !== undefined; piece = recorder.take()) balance.append(piece);
  };
  const taking = atBeat(take, takeEveryBeats);
  return {
    append: agent.append,
    balance: recorder.stepped,
    past,
    keep: (event) => events.append({ text: `${JSON.stringify(event)}\n`, opens: true }, true),
    close: async () => {
      taking.close();
      take();
      await Promise.all([agent.close(), balance.close(), events.close()]);
    },
  };
}

const nothingKept: Recordings = {
  append: () => undefined,
  balance: () => undefined,
  past: [],
  keep: () => undefined,
  close: async () => undefined,
};

function readEvents(file: string, node: string): EventReport[] {
  return [olderFile(file), file].flatMap(readLines).flatMap((line) => {
    const event = readEvent(line);
    return event?.node === node ? [event] : [];
  });
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}

/** `undefined` for a line that was cut short by the end of its writer. */
function readEvent(line: string): EventReport | undefined {
  try {
    return JSON.parse(line) as EventReport;
  } catch {
    return undefined;
  }
}
