import type { Instant } from "@vipair/model";
import { decodeFrame } from "../frame/decode.js";
import { encodeFrame } from "../frame/encode.js";
import { type Frame, type FrameBody, firstRecord, maxFrameLength, type ResyncReason } from "../frame/frame.js";
import type { Holdings } from "../holdings.js";
import { hasOurMark } from "../record/record.js";
import type { TakeConnection } from "../table/table.js";
import { Copy, type Drift } from "./copy.js";
import type { ReplicaEffect } from "./effect.js";
import { Packer } from "./packer.js";
import { Progress } from "./progress.js";

/**
 * The standby's side: it holds what the source has, in memory and, by its effects, in its own kernel.
 *
 * Frames come in, effects come out; the caller performs them in order and says so (`performed`), and only then the
 * source hears that those connections are safe. The source's digest arrives in the stream, so at that point both sides
 * must be equal to the bit; where they are not, the replica names the buckets and the source repairs them.
 */
export class Replica {
  /** Frames that were none. */
  malformedFrames = 0;
  /** Frames of a source with a lower term. */
  outdatedFrames = 0;
  /** Connections that this node's kernel refused. */
  refusedFlows = 0;
  /** Connections that this node's kernel lost, in whatever way. */
  lostFlows = 0;
  /** What the first repair of a session brought: what happened while this node was not connected. */
  caughtUp: Drift = noDrift;
  /** What was found to differ later, and was repaired or is about to be: should stay 0. */
  drift: Drift = noDrift;

  readonly #copy: Copy;
  readonly #progress = new Progress();
  /** What the source does not know yet that this node's kernel has not got. */
  readonly #lost = new Packer(maxFrameLength - firstRecord);
  readonly #holdings: Holdings;
  #term: number;
  #sessions: number;
  #linked = false;
  #stage: Stage = "closed";
  #appliedBoot = 0n;
  #appliedSeq = 0;
  #resyncedAt = Number.NEGATIVE_INFINITY;
  #resyncDue: ResyncReason | undefined;
  /** This node's own kernel was read: before that an empty copy says nothing about it, and the source must not be told so. */
  #dumped = false;
  #helloDue = false;
  /** Differences are what happened before this node was connected, or before its kernel was read. */
  #catchingUp = true;

  /** @param records what the records are, in a word for people */
  constructor(
    holdings: Holdings,
    readonly records = "connections",
  ) {
    this.#holdings = holdings;
    this.#term = holdings.term;
    this.#sessions = holdings.sessions;
    this.#copy = new Copy(holdings.table);
  }

  /** Connections held. */
  get size(): number {
    return this.#holdings.table.size;
  }

  /** Bytes that the copy holds. */
  get bytes(): number {
    return this.#copy.bytes;
  }

  /** The highest term seen. */
  get term(): number {
    return this.#term;
  }

  /** Calls `take` with each connection held. */
  each(take: TakeConnection): void {
    this.#copy.each(take);
  }

  /** Since the link opened, everything the source has was found to be here, or was brought. */
  get inStep(): boolean {
    return this.#stage === "inStep";
  }

  /** What is missing until the replica is in step, for people; `undefined` when it is. */
  get missing(): string | undefined {
    if (this.#linked && !this.#dumped) return `this node's own ${this.records} are being read from the kernel`;
    return sentences[this.#stage](this.records);
  }

  /**
   * A dump of this node's own kernel begins: at the start, when it has become the standby, and whenever its events were
   * lost. All effects must be performed, or the dump misses them. No session begins before the first one has ended.
   */
  dumpBegan(): void {
    this.#copy.beginSweep();
  }

  /** A connection of the dump. Others' connections are left out. */
  dumpSeen(view: DataView, offset: number): void {
    if (hasOurMark(view, offset)) this.#copy.sweep(view, offset);
  }

  /** Calls `take` with each connection that neither the dump nor the source has shown since the dump began. */
  eachUnseen(take: TakeConnection): void {
    this.#copy.eachUnswept(take);
  }

  /** What neither the dump nor the source showed meanwhile is not in the kernel: the source hears of it. */
  dumpEnded(): void {
    const before = this.lostFlows;
    this.#copy.endSweep((view, offset) => this.#lose(view, offset));
    if (!this.#catchingUp) this.drift = plus(this.drift, { ...noDrift, missing: this.lostFlows - before });
    this.#helloDue ||= this.#linked && !this.#dumped;
    this.#dumped = true;
  }

  /** A link to the peer opened, or this machine took over one that is open. */
  linkOpened(_now: Instant): readonly ReplicaEffect[] {
    this.linkClosed();
    this.#linked = true;
    this.#stage = "waiting";
    this.#sessions++;
    return this.#greet();
  }

  /** No frame of this link may come in afterwards; what was received stays and may still be performed. */
  linkClosed(): void {
    this.#linked = false;
    this.#helloDue = false;
    this.#stage = "closed";
    this.#resyncDue = undefined;
    this.#catchingUp = true;
    this.#copy.abandonRepair();
  }

  frameReceived(bytes: Uint8Array, now: Instant): readonly ReplicaEffect[] {
    if (!this.#linked) return [];
    const result = decodeFrame(bytes);
    if (!result.ok) {
      this.malformedFrames++;
      return this.#resync("malformed", now);
    }
    if (isOfReplica(result.frame)) return [];
    if (result.frame.term < this.#term) {
      this.outdatedFrames++;
      return this.#resync("lowerTerm", now);
    }
    this.#term = result.frame.term;
    return this.#receive(result.frame, now);
  }

  /** The effects before the `confirm` with this token are done, and so are all earlier ones. */
  performed(token: number, now: Instant): readonly ReplicaEffect[] {
    const effects: ReplicaEffect[] = [];
    for (let done = this.#progress.take(token); done !== undefined; done = this.#progress.take(token)) {
      if (done.settles && this.#stage === "settling") this.#stage = "inStep";
      if (done.flush !== undefined && this.#linked) effects.push(...this.#ack(now), this.#flushed(done.flush));
    }
    return this.#progress.isAckDue(now) ? [...effects, ...this.#ack(now)] : effects;
  }

  /** The kernel refused to insert this one: it is not protected here, whatever is acked. The source sends it again. */
  failed(view: DataView, offset: number): void {
    if (!this.#copy.drop(view, offset)) return;
    this.refusedFlows++;
    this.#remember(view, offset);
  }

  /**
   * A connection was born or changed in this node's own kernel, by stray frames for example; not by an effect of this
   * machine. Without this, the next dump would tell.
   */
  flowSeen(view: DataView, offset: number): void {
    if (hasOurMark(view, offset)) this.#copy.see(view, offset);
  }

  /** A connection came to its time in this node's kernel. The source sends it again if it lives on there. */
  flowExpired(view: DataView, offset: number): void {
    if (this.#copy.drop(view, offset)) this.#lose(view, offset);
  }

  /** Somebody removed a connection from this node's kernel; not an effect of this machine. The source sends it again. */
  flowRemoved(view: DataView, offset: number): void {
    if (!this.#copy.drop(view, offset)) return;
    this.#lose(view, offset);
    if (!this.#catchingUp) this.drift = plus(this.drift, { ...noDrift, missing: 1 });
  }

  /** Whether the connection with this key is in this node's kernel for the source. */
  holds(view: DataView, offset: number): boolean {
    return this.#copy.holds(view, offset);
  }

  /** Call it every 100 ms: acks that wait for company must not wait longer, and the source must hear what was lost. */
  tick(now: Instant): readonly ReplicaEffect[] {
    if (this.#helloDue) return this.#greet();
    const effects = [...this.#tellLost(), ...(this.#progress.isAckDue(now) ? this.#ack(now) : [])];
    return this.#resyncDue === undefined ? effects : [...effects, ...this.#resync(this.#resyncDue, now)];
  }

  /** What another role starts from; this machine is at its end. */
  retire(): Holdings {
    return { ...this.#holdings, term: this.#term, sessions: this.#sessions };
  }

  #receive(frame: Frame, now: Instant): readonly ReplicaEffect[] {
    switch (frame.type) {
      case "hello":
        this.#stage = "waiting";
        return this.#greet();
      case "begin":
        if (frame.session === this.#sessions) this.#begin(frame);
        return [];
      case "delta":
        return this.#isFollowing ? this.#apply(frame, now) : [];
      case "digest":
        return this.#isFollowing ? this.#compare(frame.number, frame.words) : [];
      case "repairBegin":
        if (this.#isFollowing) this.#copy.beginRepair(frame.buckets);
        return [];
      case "repairEnd":
        return this.#copy.isRepairing ? this.#endRepair() : [];
      case "flush":
        return this.#isFollowing ? [this.#confirm({ flush: frame.token })] : [];
      case "ack":
      case "lost":
      case "compared":
      case "resync":
      case "flushed":
        return [];
    }
  }

  get #isFollowing(): boolean {
    return this.#stage === "comparing" || this.#stage === "settling" || this.#stage === "inStep";
  }

  #begin(frame: Frame & { type: "begin" }): void {
    this.#stage = "comparing";
    // The digest tells what is not here; and the records are numbered anew.
    this.#lost.take();
    this.#copy.abandonRepair();
    this.#resyncDue = undefined;
    if (frame.resumed) this.#progress.resume();
    else this.#progress.restart();
    this.#appliedBoot = frame.boot;
    this.#appliedSeq = frame.nextSeq - 1;
  }

  #apply(frame: Frame & { type: "delta" }, now: Instant): readonly ReplicaEffect[] {
    if (frame.firstSeq !== this.#appliedSeq + 1) return this.#resync("gap", now);
    const lost = this.#tellLost();
    this.#copy.apply(frame.records);
    this.#appliedSeq += frame.count;
    return [...lost, ...this.#changes(), this.#confirm({})];
  }

  #compare(number: number, words: Uint32Array): readonly ReplicaEffect[] {
    const buckets = this.#copy.digest.differing(words);
    const answer = [...this.#tellLost(), this.#frame({ type: "compared", number, buckets })];
    if (buckets.length > 0) return answer;
    this.#catchingUp &&= !this.#dumped;
    if (this.#stage !== "comparing") return answer;
    this.#stage = "settling";
    return [...answer, this.#confirm({ settles: true })];
  }

  #endRepair(): readonly ReplicaEffect[] {
    const found = this.#copy.endRepair();
    if (this.#catchingUp) this.caughtUp = plus(this.caughtUp, found);
    else this.drift = plus(this.drift, found);
    this.#catchingUp &&= !this.#dumped;
    if (this.#stage === "comparing") this.#stage = "settling";
    return [...this.#changes(), this.#confirm({ settles: true })];
  }

  #changes(): readonly ReplicaEffect[] {
    return [
      ...this.#copy.removals.take().map((piece) => ({ type: "removeFlows", ...piece }) as const),
      ...this.#copy.inserts.take().map((piece) => ({ type: "insertFlows", ...piece }) as const),
    ];
  }

  #lose(view: DataView, offset: number): void {
    this.lostFlows++;
    this.#remember(view, offset);
  }

  /** While there is no session, the digest at its beginning will tell. */
  #remember(view: DataView, offset: number): void {
    if (this.#isFollowing) this.#lost.add(view, offset);
  }

  /** Before anything that says more of the same connections: a later record, an ack, the answer to a digest. */
  #tellLost(): readonly ReplicaEffect[] {
    if (this.#lost.count === 0) return [];
    const pieces = this.#lost.take();
    return this.#isFollowing
      ? pieces.map((piece) => this.#frame({ type: "lost", seq: this.#appliedSeq, ...piece }))
      : [];
  }

  #confirm(meaning: { readonly flush?: number; readonly settles?: boolean }): ReplicaEffect {
    return { type: "confirm", token: this.#progress.expect(this.#appliedSeq, meaning) };
  }

  #ack(now: Instant): readonly ReplicaEffect[] {
    const seq = this.#isFollowing ? this.#progress.ack(now) : undefined;
    return seq === undefined ? [] : [...this.#tellLost(), this.#frame({ type: "ack", seq })];
  }

  /** At most one a second, whatever the peer sends: each one costs a comparison. */
  #resync(reason: ResyncReason, now: Instant): readonly ReplicaEffect[] {
    this.#stage = "waiting";
    this.#copy.abandonRepair();
    if (now - this.#resyncedAt < resyncIntervalMs) {
      this.#resyncDue = reason;
      return [];
    }
    this.#resyncDue = undefined;
    this.#resyncedAt = now;
    return [this.#frame({ type: "resync", reason })];
  }

  /** A session begins with the replica's hello, and that must wait for the first dump. */
  #greet(): readonly ReplicaEffect[] {
    if (!this.#dumped) return [];
    this.#helloDue = false;
    return [this.#hello()];
  }

  #hello(): ReplicaEffect {
    return this.#frame({
      type: "hello",
      role: "replica",
      boot: this.#holdings.boot,
      session: this.#sessions,
      appliedBoot: this.#appliedBoot,
      appliedSeq: this.#appliedSeq,
    });
  }

  #flushed(token: number): ReplicaEffect {
    return this.#frame({ type: "flushed", token });
  }

  #frame(body: FrameBody): ReplicaEffect {
    return { type: "sendFrame", frame: encodeFrame({ ...body, term: this.#term }) };
  }
}

/** Two replicas have nothing to say to each other. */
const isOfReplica = (frame: Frame): boolean => frame.type === "hello" && frame.role === "replica";

const resyncIntervalMs = 1_000;

const noDrift: Drift = { missing: 0, surplus: 0, different: 0 };

const plus = (a: Drift, b: Drift): Drift => ({
  missing: a.missing + b.missing,
  surplus: a.surplus + b.surplus,
  different: a.different + b.different,
});

type Stage = "closed" | "waiting" | "comparing" | "settling" | "inStep";

const sentences: Readonly<Record<Stage, (records: string) => string | undefined>> = {
  closed: () => "the peer link is down",
  waiting: (records) => `the active node has not begun to send its ${records}`,
  comparing: (records) => `${records} are being compared with the active node's`,
  settling: (records) => `${records} are being written into the kernel`,
  inStep: () => undefined,
};
