import type { Random } from "../random.js";
import { Interventions } from "./interventions.js";
import { established, type Insertion, isTcp, longTimeout, timeWait } from "./record.js";

/** One connection in a kernel's table. */
export interface Entry {
  readonly tuple: number;
  /** Tells connections with the same tuple apart. */
  readonly id: number;
  readonly state: number;
  /** In seconds. */
  readonly timeout: number;
  /** The daemon inserted it, and no traffic has changed it since. */
  readonly isCopy: boolean;
}

/** What the kernel tells whoever listens; never what the listener's own process did. */
export interface FlowEvent {
  readonly kind: "changed" | "destroyed";
  readonly entry: Entry;
  /** Of the intervention. */
  readonly number: number;
}

export interface ConntrackHost {
  readonly random: Random;
  plan(delayMs: number, happen: () => void): void;
  /** The kernel's timers stand still. */
  readonly suspended: boolean;
  /** The entry of this tuple is another one now, or gone. */
  connectionChanged(tuple: number): void;
}

/**
 * The table of connections of one host. Clients change it while the host passes their traffic, the daemon writes into it,
 * and it does things of its own.
 */
export class SimulatedConntrack {
  readonly entries = new Map<number, Entry>();
  readonly interventions = new Interventions();
  /** Probabilities, one for each fault in force, with which it refuses what the daemon inserts. */
  readonly refusals: number[] = [];
  /** Number of faults that fill the table. */
  fills = 0;
  listener: ((event: FlowEvent) => void) | undefined;
  readonly #host: ConntrackHost;
  #ids = 0;

  constructor(host: ConntrackHost) {
    this.#host = host;
  }

  /** A client's connection is established through this host. @returns whether there was room for it */
  establish(tuple: number): boolean {
    if (this.fills > 0) return false;
    this.#destroy(tuple);
    this.#put({ tuple, state: isTcp(tuple) ? established : 0, timeout: longTimeout });
    return true;
  }

  /** The client closes it: the entry is kept for a while, and then gone. */
  close(tuple: number, timeout: number): void {
    const entry = this.entries.get(tuple);
    if (entry === undefined) return;
    if (!isTcp(tuple)) return this.#destroy(tuple);
    this.#put({ tuple, state: timeWait, timeout }, entry.id);
  }

  /** Somebody's hand, or the kernel's own, removes it. */
  lose(tuple: number): void {
    this.#destroy(tuple);
  }

  /** The daemon inserts it, in place of an older one. @returns whether the kernel took it */
  insert({ tuple, state, timeout }: Insertion): boolean {
    this.entries.delete(tuple);
    const taken = this.fills === 0 && !this.#host.random.chance(Math.max(0, ...this.refusals));
    if (taken) this.#keep({ tuple, state, timeout, id: ++this.#ids, isCopy: true });
    this.interventions.undo(tuple);
    this.#host.connectionChanged(tuple);
    return taken;
  }

  /** The daemon inserts it, unless there is one with the same tuple. */
  insertMissing(insertion: Insertion): void {
    if (this.entries.has(insertion.tuple)) return;
    this.insert(insertion);
    this.interventions.note(insertion.tuple);
  }

  /** The daemon removes it. */
  remove(tuple: number): void {
    if (!this.entries.delete(tuple)) return;
    this.interventions.undo(tuple);
    this.#host.connectionChanged(tuple);
  }

  #put(state: Insertion, id = ++this.#ids): void {
    const entry = { ...state, id, isCopy: false };
    this.#keep(entry);
    this.#tell("changed", entry);
  }

  #keep(entry: Entry): void {
    this.entries.set(entry.tuple, entry);
    if (entry.timeout < longTimeout) this.#expire(entry, entry.timeout * 1_000);
  }

  #expire(entry: Entry, delayMs: number): void {
    this.#host.plan(delayMs, () => {
      if (this.entries.get(entry.tuple) !== entry) return;
      if (this.#host.suspended) this.#expire(entry, 100);
      else this.#destroy(entry.tuple);
    });
  }

  #destroy(tuple: number): void {
    const entry = this.entries.get(tuple);
    if (entry === undefined) return;
    this.entries.delete(tuple);
    this.#tell("destroyed", entry);
  }

  #tell(kind: FlowEvent["kind"], entry: Entry): void {
    const number = this.interventions.note(entry.tuple);
    this.listener?.({ kind, entry, number });
    this.#host.connectionChanged(entry.tuple);
  }
}
