import type { NodeIndex } from "@vipair/heartbeat";
import type { Insertion } from "../kernel/record.js";
import type { Random } from "../random.js";
import { type Direction, isCut, openDirection } from "./path.js";

export type PeerMessage =
  | { readonly type: "frame"; readonly bytes: Uint8Array }
  /** What a hand-over carries beside the stream. */
  | { readonly type: "insertFlows"; readonly flows: readonly Insertion[] };

/** What the peer link needs of the world around it. */
export interface PeerLinkHost {
  readonly random: Random;
  now(): number;
  plan(delayMs: number, happen: () => void): void;
  /** Whether the kernel of this node takes in packets. */
  isReceiving(node: NodeIndex): boolean;
  /** Whether the daemon of this node lives and reads. */
  isReading(node: NodeIndex): boolean;
  opened(node: NodeIndex): void;
  closed(node: NodeIndex): void;
  deliver(to: NodeIndex, message: PeerMessage): void;
}

/** Bytes that the kernels hold between the two; what is beyond waits in the sender's process. */
const windowBytes = 65_536;
const pingMs = 1_000;
const unansweredPings = 4;
const redialMs = 500;
const handshakeMs = 5;

/**
 * The link between the two daemons: one WebSocket, in order and without loss as long as it lasts. A partition holds up
 * what is on the way; when it lasts, each side finds out by its own pings, so that the link is half open for a while. The
 * second node dials, and a socket that is newer than the one the first node still has takes its place.
 */
export class PeerLink {
  readonly directions: readonly [Direction, Direction] = [openDirection(), openDirection()];
  readonly delayMs: number;
  /** Bytes per millisecond of the congestions in force. */
  readonly rates: number[] = [];
  readonly #host: PeerLinkHost;
  readonly #sides: [Side, Side] = [openSide(), openSide()];
  #sockets = 0;
  /** What is on the way of the sockets up to this one never arrives. */
  #broken = 0;

  constructor(host: PeerLinkHost, delayMs: number) {
    this.#host = host;
    this.delayMs = delayMs;
  }

  begin(): void {
    this.#dial();
    this.#ping(0);
    this.#ping(1);
  }

  isConnected(node: NodeIndex): boolean {
    return this.#sides[node].isOpen;
  }

  /** Bytes that wait in the process of this node. */
  backlog(node: NodeIndex): number {
    return this.#sides[node].backlog;
  }

  send(from: NodeIndex, message: PeerMessage): void {
    const side = this.#sides[from];
    if (!side.isOpen || side.socket === undefined) return;
    const length = message.type === "frame" ? message.bytes.length : message.flows.length * 300;
    side.waiting.push({ socket: side.socket, message, length });
    side.backlog += length;
    this.#pump(from);
  }

  /** The process of this node ended: its kernel closes the socket. */
  endProcess(node: NodeIndex): void {
    const { socket } = this.#sides[node];
    this.#forget(node);
    if (socket !== undefined) this.#transmit(node, { socket, message: undefined, length: 0 });
  }

  /** The host of this node lost its power: nobody closes anything. */
  vanish(node: NodeIndex): void {
    this.#forget(node);
  }

  /** Somebody resets the connection: what is on the way is lost, and both sides learn it, each in its own time. */
  break(): void {
    this.#broken = this.#sockets;
    for (const node of [0, 1] as const) this.#reset(node, this.#host.random.between(0, 2 * this.delayMs));
  }

  /** What was held up can arrive: a partition or a suspend is over, or a daemon reads again. */
  resume(): void {
    for (const from of [0, 1] as const) {
      const { heldUp } = this.#sides[from];
      while (heldUp.length > 0 && this.#canArrive(from)) this.#deliver(from, heldUp.shift() as Segment);
      this.#pump(from);
    }
  }

  #pump(from: NodeIndex): void {
    const side = this.#sides[from];
    if (side.isSending || side.flying >= windowBytes) return;
    const segment = side.waiting.shift();
    if (segment === undefined) return;
    side.backlog -= segment.length;
    side.flying += segment.length;
    const rate = Math.min(...this.rates);
    if (rate === Number.POSITIVE_INFINITY) this.#transmit(from, segment);
    else this.#trickle(from, segment, segment.length / rate);
    this.#pump(from);
  }

  #trickle(from: NodeIndex, segment: Segment, durationMs: number): void {
    const side = this.#sides[from];
    side.isSending = true;
    this.#host.plan(durationMs, () => {
      side.isSending = false;
      this.#transmit(from, segment);
      this.#pump(from);
    });
  }

  #transmit(from: NodeIndex, segment: Segment): void {
    const side = this.#sides[from];
    const arrival = Math.max(this.#host.now() + this.delayMs, side.lastArrival);
    side.lastArrival = arrival;
    this.#host.plan(arrival - this.#host.now(), () => this.#arrive(from, segment));
  }

  #arrive(from: NodeIndex, segment: Segment): void {
    const { heldUp } = this.#sides[from];
    if (heldUp.length > 0 || !this.#canArrive(from)) heldUp.push(segment);
    else this.#deliver(from, segment);
  }

  #canArrive(from: NodeIndex): boolean {
    const to = other(from);
    if (isCut(this.directions[from]) || !this.#host.isReceiving(to)) return false;
    // Nobody reads from a socket that is closed, and nothing has to wait for that.
    return this.#sides[to].socket === undefined || this.#host.isReading(to);
  }

  #deliver(from: NodeIndex, { socket, message, length }: Segment): void {
    const to = other(from);
    this.#sides[from].flying -= length;
    this.#pump(from);
    if (socket <= this.#broken || socket !== this.#sides[to].socket) return;
    this.#sides[to].unanswered = 0;
    if (message === undefined) this.#lose(to);
    else this.#host.deliver(to, message);
  }

  /** The second node dials until it is connected. */
  #dial(): void {
    const canDial = (): boolean => this.#sides[1].socket === undefined && this.#areBothReachable();
    if (canDial()) this.#host.plan(handshakeMs + 3 * this.delayMs, () => canDial() && this.#connect());
    this.#host.plan(redialMs, () => this.#dial());
  }

  #connect(): void {
    const socket = ++this.#sockets;
    const first = this.#host.random.chance(0.5) ? 0 : 1;
    for (const node of [0, 1] as const) {
      this.#forget(node);
      this.#sides[node].socket = socket;
    }
    this.#open(first, socket);
    // The other one's hello was sent before the first frame, so it is there before that.
    this.#host.plan(this.#host.random.between(0, 0.9 * this.delayMs), () => this.#open(other(first), socket));
  }

  #open(node: NodeIndex, socket: number): void {
    const side = this.#sides[node];
    if (side.socket !== socket) return;
    side.isOpen = true;
    this.#host.opened(node);
  }

  #ping(node: NodeIndex): void {
    this.#host.plan(pingMs, () => {
      if (this.#sides[node].socket !== undefined && this.#host.isReading(node)) this.#watchLife(node);
      this.#ping(node);
    });
  }

  #watchLife(node: NodeIndex): void {
    const side = this.#sides[node];
    const peer = other(node);
    if (this.#isReachable() && this.#sides[peer].socket !== side.socket) return this.#reset(node, 2 * this.delayMs);
    side.unanswered = this.#isReachable() && this.#host.isReading(peer) ? 0 : side.unanswered + 1;
    if (side.unanswered <= unansweredPings) return;
    this.endProcess(node);
    this.#host.closed(node);
  }

  #reset(node: NodeIndex, delayMs: number): void {
    const { socket } = this.#sides[node];
    if (socket !== undefined) this.#host.plan(delayMs, () => this.#sides[node].socket === socket && this.#lose(node));
  }

  #lose(node: NodeIndex): void {
    this.#forget(node);
    this.#host.closed(node);
  }

  #forget(node: NodeIndex): void {
    const side = this.#sides[node];
    side.socket = undefined;
    side.isOpen = false;
    side.unanswered = 0;
    side.waiting = [];
    side.backlog = 0;
  }

  #isReachable(): boolean {
    const { directions } = this;
    return !isCut(directions[0]) && !isCut(directions[1]) && this.#host.isReceiving(0) && this.#host.isReceiving(1);
  }

  #areBothReachable(): boolean {
    return this.#isReachable() && this.#host.isReading(0) && this.#host.isReading(1);
  }
}

/** One end, and what it has sent. */
interface Side {
  socket: number | undefined;
  /** The peer said hello on the socket. */
  isOpen: boolean;
  unanswered: number;
  /** In the process. */
  waiting: Segment[];
  backlog: number;
  isSending: boolean;
  /** Bytes that were sent and not read. */
  flying: number;
  /** Arrived, or would have. */
  readonly heldUp: Segment[];
  lastArrival: number;
}

interface Segment {
  readonly socket: number;
  /** `undefined`: the end. */
  readonly message: PeerMessage | undefined;
  readonly length: number;
}

const openSide = (): Side => ({
  socket: undefined,
  isOpen: false,
  unanswered: 0,
  waiting: [],
  backlog: 0,
  isSending: false,
  flying: 0,
  heldUp: [],
  lastArrival: 0,
});

const other = (node: NodeIndex): NodeIndex => (node === 0 ? 1 : 0);
