import type { Random } from "../random.js";
import type { FlowEvent, SimulatedConntrack } from "./conntrack.js";

export type FlowNews = FlowEvent | { readonly kind: "overrun" };

export interface FlowWatchHost {
  readonly random: Random;
  plan(delayMs: number, happen: () => void): void;
  /** How many events wait before the kernel drops the next. */
  readonly room: number;
  /** The kernel's buffer is too small for what happens now. */
  readonly overrun: boolean;
  /** Calls this when the process has the processor. */
  enqueue(read: () => void): void;
  take(news: FlowNews): void;
}

/** A process that listens to its kernel's events: they come in order and a little late, and some never. */
export class FlowWatch {
  readonly #conntrack: SimulatedConntrack;
  readonly #host: FlowWatchHost;
  #queue: FlowNews[] = [];
  #reading = false;

  constructor(conntrack: SimulatedConntrack, host: FlowWatchHost) {
    this.#conntrack = conntrack;
    this.#host = host;
    conntrack.listener = (event) => this.#receive(event);
  }

  close(): void {
    this.#conntrack.listener = undefined;
  }

  #receive(event: FlowEvent): void {
    const isLost = this.#host.overrun || this.#queue.length >= this.#host.room;
    if (!isLost) this.#queue.push(event);
    else if (this.#queue.at(-1)?.kind !== "overrun") this.#queue.push({ kind: "overrun" });
    if (this.#reading) return;
    this.#reading = true;
    this.#host.plan(this.#host.random.between(0.1, 10), () => this.#host.enqueue(() => this.#read()));
  }

  #read(): void {
    this.#reading = false;
    for (const news of this.#queue.splice(0)) this.#host.take(news);
  }
}
