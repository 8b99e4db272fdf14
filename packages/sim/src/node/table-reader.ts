import type { Entry, SimulatedConntrack } from "../kernel/conntrack.js";
import type { Random } from "../random.js";
import type { SimulatedProcess } from "./process.js";

export interface TableReaderHost {
  readonly random: Random;
  readonly process: SimulatedProcess;
  readonly conntrack: SimulatedConntrack;
  /** How long it takes to read the table. */
  readonly dumpMs: number;
  now(): number;
  plan(delayMs: number, happen: () => void): void;
  /** A dump begins, now. */
  read(): Reading;
}

/** Whoever reads the table once. */
export interface Reading {
  /** Nobody wants the rest any more. */
  readonly isOver: boolean;
  see(entry: Entry): void;
  end(): void;
}

const dumpEveryMs = 30_000;
/** A table is read piece by piece. */
const pieces = 3;

/** Reads the kernel's table of connections: every now and then, when asked to, and one dump at a time. */
export class TableReader {
  readonly #host: TableReaderHost;
  #dueAt = Number.POSITIVE_INFINITY;
  /** What follows the dump that is under way. */
  #next: (() => void)[] | undefined;

  constructor(host: TableReaderHost) {
    this.#host = host;
    this.readWithin(0);
  }

  /** Reads the table as it is from now on, and calls back when all of it is read. */
  read(ended: () => void): void {
    if (this.#next !== undefined) this.#next.push(() => this.read(ended));
    else this.#begin(ended);
  }

  /** A dump that is due before stays due, also while another one is under way. */
  readWithin(delayMs: number): void {
    const at = this.#host.now() + delayMs;
    if (at >= this.#dueAt) return;
    this.#dueAt = at;
    this.#host.process.later(delayMs, () => {
      if (this.#dueAt !== at) return;
      this.#dueAt = Number.POSITIVE_INFINITY;
      if (this.#next === undefined) this.#begin(() => undefined);
      else this.#next.push(() => this.readWithin(0));
    });
  }

  #begin(ended: () => void): void {
    this.#next = [ended];
    const { interventions } = this.#host.conntrack;
    this.#readPiece(this.#host.read(), interventions.count, 0);
  }

  /** The kernel shows a part of its table as it is when that is read; it reaches the process a moment later. */
  #readPiece(reading: Reading, interventions: number, piece: number): void {
    const { random, conntrack, process, dumpMs } = this.#host;
    const durationMs = dumpMs / pieces;
    this.#host.plan(durationMs * random.fraction(), () => {
      const entries = [...conntrack.entries.values()].filter(({ tuple }) => tuple % pieces === piece);
      process.later(durationMs * random.fraction(), () => {
        if (reading.isOver) return this.#end(0);
        for (const entry of entries) reading.see(entry);
        if (piece + 1 < pieces) return this.#readPiece(reading, interventions, piece + 1);
        reading.end();
        conntrack.interventions.dumped(interventions, this.#host.now());
        this.#end(dumpEveryMs);
      });
    });
  }

  #end(pauseMs: number): void {
    const next = this.#next ?? [];
    this.#next = undefined;
    this.readWithin(pauseMs);
    for (const happen of next) happen();
  }
}
