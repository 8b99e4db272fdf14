import { encodeRecord, type Flow, flowMark, type Instant, instantOf, recordLength6 } from "@vipair/model";
import { decodeFrame } from "./frame/decode.js";
import type { FrameBody } from "./frame/frame.js";
import { decodeRecords } from "./record/record.js";
import type { ReplicaEffect } from "./replica/effect.js";
import { Replica } from "./replica/replica.js";
import { becomeReplica, becomeSource, emptyHoldings } from "./role.js";
import { Source } from "./source/source.js";

/** A connection of the rehearsal: number `n` in this state. Every fourth is IPv6, every third UDP. */
export function flowOf(n: number, state = 3, timeout = 1_000): Flow {
  const address = (last: number) =>
    n % 4 === 3
      ? ({ family: 6, text: `2001:db8::${last.toString(16)}` } as const)
      : ({ family: 4, text: `192.0.2.${last}` } as const);
  const sourcePort = 1_024 + n;
  return {
    protocol: n % 3 === 2 ? 17 : 6,
    original: { source: address(1), destination: address(10), sourcePort, destinationPort: 443 },
    reply: { source: address(20), destination: address(1), sourcePort: 8_443, destinationPort: sourcePort },
    status: 0x1ae,
    timeout,
    mark: flowMark + 1,
    tcp: n % 3 === 2 ? undefined : { state, scaleOriginal: 7, scaleReply: 7, flagsOriginal: 3, flagsReply: 3 },
  };
}

export const flowName = (flow: Flow): string => `${flow.original.source.text} ${flow.original.sourcePort}`;

/** The flow as a record of its own, at the start of a view. */
export function recordOf(flow: Flow, id = 0): DataView {
  const view = new DataView(new ArrayBuffer(recordLength6));
  const length = encodeRecord(view, 0, flow, id);
  return new DataView(view.buffer, 0, length);
}

/** A node with a kernel of its own: a source or a replica. */
export class Host {
  kernel = new Map<string, Flow>();
  source: Source | undefined;
  replica: Replica | undefined;
  /** Frames for the other one. */
  outbox: Uint8Array[] = [];
  flushed: number[] = [];
  superseded: number | undefined;
  /** Types of the frames that came in. */
  heard: FrameBody["type"][] = [];
  /** Connections that the replica had written into the kernel. */
  inserted = 0;
  boots = 0n;
  /** With `true`, effects wait for {@link work}. */
  slow = false;
  /** With `true`, the kernel takes no connection. */
  full = false;
  /** With `true`, nothing is heard of what happens in the kernel. */
  deaf = false;
  #waiting: ReplicaEffect[] = [];

  constructor(
    readonly number: bigint,
    readonly mostTombstones = 65_536,
  ) {}

  get #boot(): bigint {
    return this.number * 1_000n + ++this.boots;
  }

  /** The process starts, with whatever its kernel still holds. */
  start(role: "source" | "replica", term: number, now: Instant): void {
    this.outbox = [];
    this.#waiting = [];
    this.deaf = false;
    const holdings = emptyHoldings(this.#boot, term);
    if (role === "source") {
      this.replica = undefined;
      this.source = new Source({ ...holdings, mostTombstones: this.mostTombstones }, now);
      this.dump(now);
      return;
    }
    this.source = undefined;
    this.replica = new Replica(holdings);
    this.dump(now);
  }

  /** All effects are performed. */
  dump(now: Instant): void {
    this.replica?.dumpBegan();
    for (const flow of this.kernel.values()) this.replica?.dumpSeen(recordOf(flow), 0);
    this.replica?.dumpEnded();
    this.source?.dumpBegan(now);
    for (const flow of this.kernel.values()) this.source?.dumpSeen(recordOf(flow), 0, now);
    this.source?.dumpEnded(now);
  }

  /** What was received is in the kernel before the role changes. */
  become(role: "source" | "replica", term: number, now: Instant): void {
    this.work(now);
    this.listenTo("everything");
    if (role === "source" && this.replica !== undefined) {
      this.source = becomeSource(this.replica, term, now);
      this.replica = undefined;
      this.dump(now);
    } else if (role === "replica" && this.source !== undefined) {
      this.replica = becomeReplica(this.source);
      this.source = undefined;
      this.dump(now);
    }
  }

  /** What was to be said on an earlier link is not said on this one. */
  open(now: Instant): void {
    this.outbox = [];
    this.#waiting = this.#waiting.filter(({ type }) => type !== "sendFrame");
    this.relink(now);
  }

  listenTo(what: "everything" | "nothing"): void {
    const deaf = what === "nothing";
    if (this.deaf === deaf) return;
    this.deaf = deaf;
    this.source?.eventsMissed();
  }

  /** A machine that is new on a link that is open. */
  relink(now: Instant): void {
    this.source?.linkOpened(now);
    if (this.replica !== undefined) this.perform(this.replica.linkOpened(now), now);
  }

  close(): void {
    this.source?.linkClosed();
    this.replica?.linkClosed();
  }

  tick(now: Instant): void {
    this.source?.tick(now);
    if (this.replica !== undefined) this.perform(this.replica.tick(now), now);
  }

  born(flow: Flow, now: Instant): void {
    this.kernel.set(flowName(flow), flow);
    if (this.deaf) return;
    this.source?.flowSeen(recordOf(flow), 0, now);
  }

  died(flow: Flow, now: Instant): void {
    this.kernel.delete(flowName(flow));
    if (this.deaf) return;
    this.source?.flowGone(recordOf(flow), 0, now);
    this.replica?.flowExpired(recordOf(flow), 0);
  }

  /** Somebody removes it from this kernel. */
  removed(flow: Flow): void {
    this.kernel.delete(flowName(flow));
    this.replica?.flowRemoved(recordOf(flow), 0);
  }

  /** The next frame for the other one. */
  next(now: Instant): Uint8Array | undefined {
    return this.outbox.shift() ?? this.source?.takeFrame(now);
  }

  receive(frame: Uint8Array, now: Instant): void {
    const result = decodeFrame(frame);
    if (result.ok) this.heard.push(result.frame.type);
    for (const effect of this.source?.frameReceived(frame, now) ?? []) {
      if (effect.type === "reportFlushed") this.flushed.push(effect.token);
      else this.superseded = effect.term;
    }
    if (this.replica !== undefined) this.perform(this.replica.frameReceived(frame, now), now);
  }

  perform(effects: readonly ReplicaEffect[], now: Instant): void {
    this.#waiting.push(...effects);
    if (!this.slow) this.work(now);
  }

  /** Performs what waits, in order, or some of it. */
  work(now: Instant, most = Number.POSITIVE_INFINITY): void {
    const effects = this.#waiting.splice(0, most);
    for (const effect of effects) {
      switch (effect.type) {
        case "removeFlows":
          for (const flow of decodeRecords(effect.records)) this.kernel.delete(flowName(flow));
          break;
        case "insertFlows":
          this.inserted += effect.count;
          for (const flow of decodeRecords(effect.records)) this.#insert(flow);
          break;
        case "confirm":
          for (const { frame } of answersOf(this.replica?.performed(effect.token, now) ?? [])) this.outbox.push(frame);
          break;
        case "sendFrame":
          this.outbox.push(effect.frame);
          break;
      }
    }
  }

  #insert(flow: Flow): void {
    this.kernel.delete(flowName(flow));
    if (this.full) this.replica?.failed(recordOf(flow), 0);
    else this.kernel.set(flowName(flow), flow);
  }
}

/** Two hosts, a link that may break, and a clock. */
export class Rehearsal {
  readonly a: Host;
  readonly b: Host;
  now: Instant = instantOf(1_000);
  linked = false;
  #flying: { readonly to: Host; readonly frame: Uint8Array }[] = [];

  constructor(mostTombstones?: number) {
    this.a = new Host(1n, mostTombstones);
    this.b = new Host(2n, mostTombstones);
    this.a.start("source", 1, this.now);
    this.b.start("replica", 0, this.now);
  }

  /** Frames in flight are lost with the link. */
  break(): void {
    this.linked = false;
    this.#flying = [];
    this.a.close();
    this.b.close();
  }

  connect(): void {
    this.break();
    this.linked = true;
    this.a.listenTo("everything");
    this.b.listenTo("everything");
    this.a.open(this.now);
    this.b.open(this.now);
  }

  other(host: Host): Host {
    return host === this.a ? this.b : this.a;
  }

  /** Each sends one frame if it has one, and the oldest frame in flight arrives. */
  exchange(): boolean {
    if (!this.linked) return false;
    for (const host of [this.a, this.b]) {
      const frame = host.next(this.now);
      if (frame !== undefined) this.#flying.push({ to: this.other(host), frame });
    }
    const first = this.#flying.shift();
    first?.to.receive(first.frame, this.now);
    return first !== undefined;
  }

  pass(ms: number): void {
    this.now = instantOf(this.now + ms);
    this.a.tick(this.now);
    this.b.tick(this.now);
  }

  /** Lets everything that is due happen. */
  settle(ms = 200): void {
    for (let round = 0; round < ms / 50; round++) {
      this.pass(50);
      let frames = 0;
      while (this.exchange()) if (++frames > 10_000) throw new Error("the two never stop talking");
    }
  }
}

const answersOf = (effects: readonly ReplicaEffect[]) => effects.filter((effect) => effect.type === "sendFrame");
