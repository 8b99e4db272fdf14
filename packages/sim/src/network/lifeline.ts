import type { NodeIndex, Packet } from "@vipair/heartbeat";
import { type Direction, isCut, openDirection } from "./path.js";

export type LifelineMessage =
  | { readonly type: "packet"; readonly packet: Packet }
  | { readonly type: "close" }
  /** A living agent gives the connection up. */
  | { readonly type: "farewell" };

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
  readonly #heardAt: [number, number] = [0, 0];
  readonly #silenceMs: number;
  readonly #now: () => number;
  #connections = 0;

  /** @param silenceMs a connection on which nothing came for this long is given up */
  constructor(host: LifelineHost, now: () => number, delayMs: number, silenceMs: number) {
    this.#host = host;
    this.#now = now;
    this.delayMs = delayMs;
    this.#silenceMs = silenceMs;
  }

  /** Joins two agents that both have no connection. */
  connect(): void {
    const [left, right] = this.directions;
    if (this.#sides[0] !== undefined || this.#sides[1] !== undefined || isCut(left) || isCut(right)) return;
    this.#connections += 1;
    for (const side of [0, 1] as const) {
      this.#sides[side] = this.#connections;
      this.#heardAt[side] = this.#now();
    }
  }

  send(from: NodeIndex, message: LifelineMessage): void {
    if (this.#now() - this.#heardAt[from] > this.#silenceMs && message.type === "packet") this.renew(from);
    const connection = this.#sides[from];
    if (connection === undefined) return;
    if (message.type === "packet" && this.#backlogs[from].length >= sendBuffer) return;
    this.#transmit(from, { connection, message });
  }

  /** Nothing was heard for too long, or the peer's process is another one: the end of this connection is no death. */
  renew(from: NodeIndex): void {
    this.send(from, { type: "farewell" });
    this.#sides[from] = undefined;
  }

  /** The process of this node ended. */
  close(from: NodeIndex): void {
    this.send(from, { type: "close" });
    this.#sides[from] = undefined;
  }

  /** The host of this node lost its power: nobody closes anything. Whoever still sends to it is told when it is back. */
  vanish(from: NodeIndex): void {
    this.#sides[from] = undefined;
    this.#backlogs[from].splice(0);
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
    if (segment.connection !== this.#sides[to]) return this.#reset(from, segment.connection);
    this.#heardAt[to] = this.#now();
    if (segment.message.type !== "packet") this.#sides[to] = undefined;
    if (segment.message.type !== "farewell") this.#host.deliver(to, segment.message);
  }

  /** The other kernel knows nothing of the connection. */
  #reset(from: NodeIndex, connection: number): void {
    this.#host.plan(this.delayMs, () => {
      if (this.#sides[from] !== connection || isCut(this.directions[from === 0 ? 1 : 0])) return;
      this.#sides[from] = undefined;
      this.#host.deliver(from, { type: "close" });
    });
  }
}

interface Segment {
  readonly connection: number;
  readonly message: LifelineMessage;
}
