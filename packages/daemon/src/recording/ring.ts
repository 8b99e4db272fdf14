import { existsSync, statSync } from "node:fs";
import { appendFile, rename } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Piece } from "@vipair/model";
import { atBeat } from "../pace.js";
import type { Turns } from "./turns.js";

/**
 * Two files on disk, the newer one and the one before it. When the newer one is full it becomes the other at the next piece
 * that can be read without what came before.
 *
 * Nobody ever waits for the disk: what it does not take in time is dropped and counted. To open, write and close is three
 * errands for a thread each time, so pieces wait for others, but not for long: what waits is lost when the process is killed.
 */
export interface Ring {
  /** @param urgent it does not wait for others */
  append(piece: Piece, urgent?: boolean): void;
  /** Pieces that were dropped. */
  readonly dropped: number;
  /** Writes what waits, if the disk takes it within a second. */
  close(): Promise<void>;
}

export interface RingOptions {
  readonly file: string;
  /** When a file counts as full. */
  readonly bytes: number;
  /** With the other rings on the same disk. */
  readonly turns: Turns;
  /** The next piece should open: the file is full, or something is missing before it. */
  readonly wantsOpening: () => void;
  /** The disk refuses: told once, until it has taken something again. */
  readonly refused: (error: string) => void;
  /** How long nothing is written after the disk refused; 10 s when left out. */
  readonly holdoffMs?: number;
}

interface Waiting extends Piece {
  /** It is the first one of a new file. */
  readonly begins: boolean;
}

/** What waits for a disk that is busy. */
const mostWaitingBytes = 1 << 20;
const closeWithinMs = 1_000;
/** How long pieces wait for others: half a second, unless there are many. */
const gatherBeats = 5;
const manyBytes = 1 << 16;

export const olderFile = (file: string): string => file.replace(/(\.\w+)?$/, ".1$1");

export function openRing(options: RingOptions): Ring {
  const { file, bytes, turns, wantsOpening, refused, holdoffMs = 10_000 } = options;
  /** Of the newer file, as it is, and as it will be when all that waits is written. */
  let size = existsSync(file) ? statSync(file).size : 0;
  let expected = size;
  let waiting: Waiting[] = [];
  let waitingBytes = 0;
  let mostBytes = mostWaitingBytes;
  let dropped = 0;
  /** Something is missing: nothing is of use until a piece opens. */
  let torn = false;
  /** The last line may lack its end: its writer was killed, or the disk was full. */
  let endsMidway = true;
  let complained = false;
  let heldUntil = Number.NEGATIVE_INFINITY;
  let writing: Promise<void> | undefined;

  const append = (piece: Piece, urgent = false): void => {
    const { length } = piece.text;
    // Twice as much is what a file may have when the writer does not hear that it should open.
    const isUseless = !piece.opens && (torn || expected > 2 * bytes);
    if (performance.now() < heldUntil || isUseless) return tear(1);
    // An opening has the whole state, of thousands of services more than may wait: refused, it would be made again and again.
    if (waiting.length === 0) mostBytes = mostWaitingBytes + (piece.opens ? length : 0);
    if (waitingBytes + length > mostBytes) return tear(1);
    torn = false;
    const begins = piece.opens && expected >= bytes;
    const before = begins ? 0 : expected;
    expected = before + length;
    waiting.push({ ...piece, begins });
    waitingBytes += length;
    if (expected >= bytes && before < bytes) wantsOpening();
    if (urgent || waitingBytes >= manyBytes) start();
  };
  /** So many pieces are lost, and with them all that waits. */
  const tear = (lost: number): void => {
    dropped += lost + waiting.length;
    waiting = [];
    waitingBytes = 0;
    expected = size;
    torn = true;
    if (performance.now() >= heldUntil) wantsOpening();
  };
  const start = (): void => {
    if (waiting.length === 0) return;
    writing ??= turns.take(write).finally(() => {
      writing = undefined;
      start();
    });
  };
  const gathering = atBeat(start, gatherBeats);

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        await writeBatch(batch);
        complained = false;
      } catch (error) {
        heldUntil = performance.now() + holdoffMs;
        setTimeout(wantsOpening, holdoffMs).unref();
        tear(batch.length);
        if (!complained) refused((error as Error).message);
        complained = true;
      }
    }
  };
  /** The pieces up to the next one with which a new file begins. */
  const takeBatch = (): Waiting[] => {
    const end = waiting.findIndex(({ begins }, index) => begins && index > 0);
    const batch = waiting.splice(0, end === -1 ? waiting.length : end);
    waitingBytes -= batch.reduce((sum, { text }) => sum + text.length, 0);
    return batch;
  };
  const writeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    if (batch[0]?.begins === true) {
      await rename(file, olderFile(file));
      size = 0;
    }
    const text = (endsMidway && size > 0 ? "\n" : "") + batch.map((piece) => piece.text).join("");
    endsMidway = true;
    await appendFile(file, text, { mode: 0o600 });
    endsMidway = false;
    size += text.length;
  };

  return {
    append,
    get dropped() {
      return dropped;
    },
    close: async () => {
      gathering.close();
      start();
      await Promise.race([writing, delay(closeWithinMs, undefined, { ref: false })]);
    },
  };
}
