import type { NodeIndex, Packet } from "@vipair/heartbeat";
import { type Direction, isCut, openDirection } from "./path.js";

export type LifelineMessage = { readonly type: "packet"; readonly packet: Packet } | { readonly type: "close" };

/** What the lifeline needs of the world around it. */
export interface LifelineHost {
  plan(delayMs: number, happen: () => void): void;
  /** Whether the kernel of this node takes in packets: it does not while the host is suspended. */
  isReceiving(node: NodeIndex): boolean;
  deliver(to: NodeIndex, message: LifelineMessage): void;
}

/** As many heartbeats as a partition may leave in the socket's buffer; the agent drops the ones after. */
const sendBuffer = 64;

/**
 * A TCP connection between the two agents: in order and without loss. What a partition holds up arrives after it, in a
 * burst. When a process ends, its kernel closes the connection, and the other side learns it behind all that was sent.
 */
export class Lifeline {
  readonly directions: readonly [Direction, Direction] = [openDirection(), openDirection()];
  readonly delayMs: number;
  readonly #host: LifelineHost;
  readonly #sides: [number | undefined, number | undefined] = [undefined, undefined];
  readonly #backlogs: readonly [Segment[], Segment[]] = [[], []];
  readonly #lastArrival: [number, number] = [0, 0];
  readonly #now: () => number;
  #connections = 0;

  constructor(host: LifelineHost, now: () => number, delayMs: number) {
    this.#host = host;
    this.#now = now;
    this.delayMs = delayMs;
  }

  /** Joins two agents that both have no connection. */
  connect(): void {
    const [left, right] = this.directions;
    if (this.#sides[0] !== undefined || this.#sides[1] !== undefined || isCut(left) || isCut(right)) return;
    this.#connections += 1;
    this.#sides[0] = this.#connections;
    this.#sides[1] = this.#connections;
  }

  send(from: NodeIndex, message: LifelineMessage): void {
    const connection = this.#sides[from];
    if (connection === undefined) return;
    if (message.type === "packet" && this.#backlogs[from].length >= sendBuffer) return;
    this.#transmit(from, { connection, message });
  }

  /** The process of this node ended. */
  close(from: NodeIndex): void {
    this.send(from, { type: "close" });
    this.#sides[from] = undefined;
  }

  /** A partition or a suspend is over: the kernels send again what was not acknowledged. */
  retransmit(): void {
    for (const from of [0, 1] as const) {
      for (const segment of this.#backlogs[from].splice(0)) this.#transmit(from, segment);
    }
  }

  #transmit(from: NodeIndex, segment: Segment): void {
    const arrival = Math.max(this.#now() + this.delayMs, this.#lastArrival[from]);
    this.#lastArrival[from] = arrival;
    this.#host.plan(arrival - this.#now(), () => this.#arrive(from, segment));
  }

  #arrive(from: NodeIndex, segment: Segment): void {
    const to = from === 0 ? 1 : 0;
    const heldUp = isCut(this.directions[from]) || !this.#host.isReceiving(to);
    if (heldUp || this.#backlogs[from].length > 0) {
      this.#backlogs[from].push(segment);
      return;
    }
    if (segment.connection !== this.#sides[to]) return;
    if (segment.message.type === "close") this.#sides[to] = undefined;
    this.#host.deliver(to, segment.message);
  }
}

interface Segment {
  readonly connection: number;
  readonly message: LifelineMessage;
}
