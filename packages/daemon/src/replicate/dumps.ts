import { setImmediate as turn } from "node:timers/promises";
import { bootClock } from "@vipair/kernel";
import { pauseAfter } from "../pace.js";
import { eitherOf, type Machine } from "./machine.js";
import { packed } from "./packed.js";
import type { Store, TakeRecord } from "./store.js";

/**
 * Reads the store into the machine, again and again: everything that a dump shows is there, and what it does not show is
 * gone. One dump is under way at a time, and one that the store lost records under, or that was discarded, counts for
 * nothing.
 */
export interface Dumps {
  /** Makes a dump due. The earliest that was asked for counts: the end of a dump does not put off a more urgent one. */
  after(delayMs: number): void;
  /** Resolves when a dump that began after this call is over. */
  anew(): Promise<void>;
  /** Resolves when what is not heard of was read within the last second, or longer where reading takes long. */
  recent(): Promise<void>;
  /** One that is under way counts for nothing, and another is due. */
  discard(): void;
  /** The store has lost what it held: puts back what the machine knows before anything is read. */
  putBack(): Promise<void>;
  close(): void;
}

export interface DumpsOptions {
  readonly store: Store;
  /** Whom to tell now. */
  readonly machine: () => Machine;
  /** Whether it is told what happens between two dumps. */
  readonly heard: () => boolean;
  /** A dump is over, and the machine may have something to say. */
  readonly ended: () => void;
  readonly refused: (error: string) => void;
}

/** What changes without a word, as the time left of a UDP flow does, only a dump shows. */
export const dumpEveryMs = 30_000;
/** What is not heard of, dumps alone tell: when somebody asks. */
const recentMs = 1_000;

export function openDumps({ store, machine, heard, ended, refused }: DumpsOptions): Dumps {
  let waiting: NodeJS.Timeout | undefined;
  let due = 0;
  let recentUntil = 0;
  let underWay: Promise<void> | undefined;
  let puttingBack = Promise.resolve();
  let discarded = 0;
  let closed = false;

  const after = (delayMs: number): void => {
    const asked = performance.now() + delayMs;
    if (closed || (waiting !== undefined && due <= asked)) return;
    clearTimeout(waiting);
    due = asked;
    waiting = setTimeout(() => {
      waiting = undefined;
      void anew();
    }, delayMs);
  };
  /** One that is under way began before now, and may have passed over what is to be found. */
  const anew = async (): Promise<void> => {
    await underWay;
    underWay ??= readInto(machine()).finally(() => {
      underWay = undefined;
    });
    await underWay;
  };
  const readInto = async (started: Machine): Promise<void> => {
    await puttingBack;
    const before = discarded;
    const began = performance.now();
    try {
      await show(started);
      // What the store lost meanwhile is still there for us.
      if (machine() !== started || discarded !== before) return after(0);
      if (started.role === "source") started.source.dumpEnded(bootClock());
      else started.replica.dumpEnded();
      ended();
    } catch (error) {
      if (discarded !== before) return after(0);
      refused(`dump of ${store.name}: ${(error as Error).message}`);
    }
    const now = performance.now();
    recentUntil = now + pauseAfter(now - began, recentMs);
    if (heard()) after(dumpEveryMs);
  };
  const recent = async (): Promise<void> => {
    if (!heard() && performance.now() >= recentUntil) await anew();
  };
  const show = async (started: Machine): Promise<void> => {
    const now = bootClock();
    const see: TakeRecord = (_kind, view, offset) => {
      if (started.role === "source") started.source.dumpSeen(view, offset, now);
      else started.replica.dumpSeen(view, offset);
    };
    if (started.role === "source") started.source.dumpBegan(now);
    else started.replica.dumpBegan();
    for await (const batch of store.dump()) {
      if (machine() !== started) return;
      batch(see);
    }
    await askForUnseen(started, see);
  };
  /** Asks for each record that the dump did not show, where it may have overlooked some. */
  const askForUnseen = async (started: Machine, see: TakeRecord): Promise<void> => {
    if (store.find === undefined) return;
    for (const records of packed((take) => eitherOf(started).eachUnseen(take))) {
      store.find(records)(see);
      await turn();
    }
  };
  const putBack = async (): Promise<void> => {
    for (const records of packed((take) => eitherOf(machine()).each(take))) {
      store.putBack?.(records);
      await turn();
    }
  };

  return {
    after,
    anew,
    recent,
    discard: () => {
      discarded++;
      after(0);
    },
    putBack: () => {
      discarded++;
      puttingBack = puttingBack.then(putBack).catch((error: Error) => refused(`${store.name}: ${error.message}`));
      return puttingBack;
    },
    close: () => {
      closed = true;
      clearTimeout(waiting);
    },
  };
}
