import { type Instant, recordLength } from "@vipair/model";
import { Dump } from "../dump.js";
import { decodeFrame } from "../frame/decode.js";
import { encodeFrame, writeDeltaHeader } from "../frame/encode.js";
import { type Frame, type FrameBody, firstRecord, type Hello, maxFrameLength } from "../frame/frame.js";
import type { Holdings } from "../holdings.js";
import { hasOurMark } from "../record/record.js";
import type { TakeConnection } from "../table/table.js";
import { Comparison } from "./comparison.js";
import { Mirror } from "./mirror.js";
import {
  defaultDigestIntervalMs,
  defaultMostTombstones,
  defaultRenewal,
  type SourceEffect,
  type SourceOptions,
  type Standing,
} from "./options.js";
import { Retries } from "./retries.js";

/**
 * The active node's side: it mirrors its kernel's connections and keeps a replica in step with them.
 *
 * What happens in the kernel goes in (`flowSeen`, `flowGone`, a dump), frames come out when the caller asks for them
 * (`takeFrame`), as fast as the link takes them. With a replica that it knows, the source continues where the replica
 * says it is. With any other, it takes for granted that the replica has everything, and lets a digest tell where that is
 * wrong: a standby that was restarted still has its kernel's connections, and is in step after a few buckets. Nothing
 * is sent before a dump of the kernel is complete, the first or the one after a time without events.
 *
 * The machine is mutable inside, for the sake of 20 000 connections a second, and as deterministic as a pure function:
 * no clock, no chance, no input but its methods.
 */
export class Source {
  /** Frames from the peer that were none, or made no sense. */
  refusedFrames = 0;
  /** How often tombstones were dropped. */
  overflows = 0;

  readonly #mirror: Mirror;
  readonly #dump = new Dump();
  readonly #holdings: Holdings;
  readonly #mostTombstones: number;
  readonly #comparison: Comparison;
  readonly #retries: Retries;
  readonly #scratch = new DataView(new ArrayBuffer(maxFrameLength));

  #term: number;
  #sessions: number;
  /** Before a dump the mirror says nothing about the kernel, and the replica must not be told so. */
  #dumped = false;
  #linked = false;
  #superseded = false;
  #helloDue = false;
  /** The hello of the replica on this link. */
  #joined: Hello | undefined;
  #beginDue: { readonly resumed: boolean } | undefined;
  #replicaBoot: bigint | undefined;
  #flushes: { readonly token: number; readonly at: Instant }[] = [];

  constructor(options: SourceOptions, now: Instant) {
    this.#holdings = options;
    this.#term = options.term;
    this.#sessions = options.sessions;
    this.#mostTombstones = options.mostTombstones ?? defaultMostTombstones;
    this.#mirror = new Mirror(options.table, now, options.renewal ?? defaultRenewal);
    const { sessions, digestIntervalMs = defaultDigestIntervalMs } = options;
    this.#comparison = new Comparison(this.#mirror, digestIntervalMs, sessions);
    this.#retries = new Retries(this.#mirror);
  }

  get term(): number {
    return this.#term;
  }

  /** A replica is connected and gets what happens. */
  get joined(): boolean {
    return this.#joined !== undefined;
  }

  /** The replica of this link has compared what it holds with what this source has. */
  get compared(): boolean {
    return this.joined && this.#comparison.trusted;
  }

  /** Live connections. */
  get live(): number {
    return this.#mirror.live;
  }

  /** Live connections that are in the replica's kernel as they are now. */
  get protectedCount(): number {
    return this.#comparison.trusted ? this.#mirror.clean : 0;
  }

  /** Changes that were not sent yet. */
  get dirty(): number {
    return this.#mirror.dirty;
  }

  /** Changes that were sent and are not acked yet. */
  get unacked(): number {
    return this.#mirror.unacked;
  }

  /** Live connections that the replica's kernel refused or lost, and that were not sent again yet. */
  get lost(): number {
    return this.#mirror.lost;
  }

  /** Connections that died and whose end the replica has not acked. */
  get tombstones(): number {
    return this.#mirror.tombstones;
  }

  /** Bytes that the mirror holds. */
  get bytes(): number {
    return this.#mirror.bytes;
  }

  /** How often the replica has answered a comparison. */
  get comparisons(): number {
    return this.#comparison.count;
  }

  /** When it did so last. */
  get comparedAt(): Instant | undefined {
    return this.#comparison.answeredAt;
  }

  /** What the last comparison found is being sent again. */
  get isRepairing(): boolean {
    return this.#comparison.isRepairing;
  }

  /**
   * Where the connection with this key stands: in the replica's kernel as it is now, sent and not acked, or not there.
   * `undefined` when there is none.
   */
  standing(view: DataView, offset: number): Standing | undefined {
    const standing = this.#mirror.standing(view, offset);
    if (standing === "unacked") return "sent";
    if (standing === undefined) return undefined;
    return standing === "clean" && this.#comparison.trusted ? "protected" : "missing";
  }

  /** Age in milliseconds of the oldest change that the replica has not acked; 0 when there is none. */
  lag(now: Instant): number {
    return Math.max(0, now - (this.#mirror.oldestChange ?? now));
  }

  /** A connection was born or changed. The record's bytes are copied. */
  flowSeen(view: DataView, offset: number, now: Instant): void {
    if (!hasOurMark(view, offset)) return this.flowGone(view, offset, now);
    this.#mirror.put(view, offset, now);
  }

  /** A connection died. Of the record, only the key counts, and the id when it is not 0. */
  flowGone(view: DataView, offset: number, now: Instant): void {
    this.#dump.died(view, offset);
    this.#mirror.bury(view, offset, now);
    this.#bound();
  }

  /**
   * The kernel is not listened to from now on, or was not until now: nothing is known to be in the replica's kernel as it
   * is here, and nothing is said before the next dump.
   */
  eventsMissed(): void {
    this.#dumped = false;
    this.#comparison.trusted = false;
  }

  /** Calls `take` with each live connection. */
  each(take: TakeConnection): void {
    this.#mirror.each(take);
  }

  /** A dump of the kernel's table begins: call this before it is requested, while events keep coming in. */
  dumpBegan(_now: Instant): void {
    this.#dump.begin();
    this.#mirror.beginSweep();
  }

  /** A connection of the dump. What an event said since the dump began is newer, and wins. */
  dumpSeen(view: DataView, offset: number, now: Instant): void {
    if (!this.#dump.hasDied(view, offset) && !this.#mirror.swept(view, offset)) this.flowSeen(view, offset, now);
  }

  /** Calls `take` with each connection that neither the dump nor an event has shown since the dump began. */
  eachUnseen(take: TakeConnection): void {
    this.#mirror.eachUnswept(take);
  }

  /** The dump is complete: what neither it nor an event showed is gone. Never call this after a dump that failed. */
  dumpEnded(now: Instant): void {
    if (!this.#dump.end()) return;
    this.#dumped = true;
    this.#mirror.endSweep(now);
    this.#bound();
  }

  /** The node is active with this term now: it won a conflict with a node that had a higher one. */
  raiseTerm(term: number): void {
    if (term <= this.#term) return;
    this.#term = term;
    if (!this.#superseded) return;
    this.#superseded = false;
    this.#helloDue = this.#linked;
    this.#leave();
  }

  /** A link to the peer opened, or this machine took over one that is open. */
  linkOpened(_now: Instant): void {
    this.linkClosed();
    this.#linked = true;
    this.#helloDue = true;
    this.#sessions++;
  }

  /** What was under way is lost; no frame of this link may come in afterwards. */
  linkClosed(): void {
    this.#linked = false;
    this.#helloDue = false;
    this.#flushes = [];
    this.#leave();
  }

  frameReceived(bytes: Uint8Array, now: Instant): readonly SourceEffect[] {
    const result = decodeFrame(bytes);
    if (!this.#linked) return [];
    if (!result.ok) {
      this.refusedFrames++;
      return [];
    }
    if (result.frame.term > this.#term) return this.#supersede(result.frame.term);
    return this.#receive(result.frame, now);
  }

  /** Asks for a `reportFlushed` once all that has changed by now is in the replica's kernel. None comes when the link closes. */
  flush(token: number, now: Instant): void {
    this.#mirror.retry(now);
    this.#flushes.push({ token, at: now });
  }

  /** Makes a comparison due without waiting for the end of the interval. */
  compareSoon(): void {
    this.#comparison.hasten();
  }

  /** Call it a few times a second: it is what makes the periodic comparison due, and sends again what was lost. */
  tick(now: Instant): void {
    if (this.#joined === undefined) return;
    this.#comparison.tick(now);
    this.#retries.tick(now);
  }

  /** Sends what the replica lost again now, however short ago that was tried. */
  retryLost(now: Instant): void {
    this.#mirror.retry(now);
  }

  /** The next frame to send, or `undefined` when there is nothing to say now. A frame that was taken counts as sent. */
  takeFrame(now: Instant): Uint8Array | undefined {
    if (!this.#linked || this.#superseded) return undefined;
    if (this.#helloDue) {
      this.#helloDue = false;
      return this.#encode({ type: "hello", role: "source", ...this.#identity(), appliedBoot: 0n, appliedSeq: 0 });
    }
    if (this.#joined === undefined || !this.#dumped) return undefined;
    return this.#takeControl(this.#joined, now) ?? this.#takeDelta();
  }

  /** What another role starts from: tombstones are forgotten, and this machine is at its end. */
  retire(): Holdings {
    this.#mirror.dropTombstones();
    return { ...this.#holdings, term: this.#term, sessions: this.#sessions };
  }

  #identity() {
    return { boot: this.#holdings.boot, session: this.#sessions };
  }

  #encode(body: FrameBody): Uint8Array {
    return encodeFrame({ ...body, term: this.#term });
  }

  #takeControl(joined: Hello, now: Instant): Uint8Array | undefined {
    const begin = this.#beginDue;
    if (begin !== undefined) {
      this.#beginDue = undefined;
      const { boot } = this.#holdings;
      const nextSeq = this.#mirror.seq + 1;
      return this.#encode({ type: "begin", boot, session: joined.session, nextSeq, ...begin });
    }
    const body = this.#takeFlush() ?? this.#comparison.take(now);
    return body === undefined ? undefined : this.#encode(body);
  }

  /** Means nothing before a comparison, nor while a repair is going on. */
  #takeFlush(): FrameBody | undefined {
    const [flush] = this.#flushes;
    if (flush === undefined || !this.#comparison.trusted || this.#comparison.isRepairing) return undefined;
    if (!this.#mirror.drained(flush.at)) return undefined;
    this.#flushes.shift();
    return { type: "flush", token: flush.token };
  }

  #takeDelta(): Uint8Array | undefined {
    const firstSeq = this.#mirror.seq + 1;
    let length = firstRecord;
    for (let next = this.#mirror.nextLength; next > 0; next = this.#mirror.nextLength) {
      if (length + next > maxFrameLength) break;
      length += this.#mirror.send(this.#scratch, length);
    }
    const count = this.#mirror.seq + 1 - firstSeq;
    if (count === 0) return undefined;
    writeDeltaHeader(this.#scratch, this.#term, firstSeq, count);
    return new Uint8Array(this.#scratch.buffer.slice(0, length));
  }

  #receive(frame: Frame, now: Instant): readonly SourceEffect[] {
    switch (frame.type) {
      case "hello":
        if (frame.role === "replica") this.#join(frame, now);
        return [];
      case "ack":
        if (this.#joined !== undefined && frame.seq <= this.#mirror.seq) this.#mirror.ack(frame.seq);
        else this.refusedFrames++;
        return [];
      case "lost":
        if (this.#joined !== undefined) this.#lose(frame);
        return [];
      case "compared":
        this.#comparison.answered(frame.number, frame.buckets, now);
        return [];
      case "resync":
        if (this.#joined !== undefined) this.#begin(this.#joined, false, now);
        return [];
      case "flushed":
        return [{ type: "reportFlushed", token: frame.token }];
      // Of another source: the terms are equal, so neither gives way. The heartbeats decide.
      case "begin":
      case "delta":
      case "digest":
      case "repairBegin":
      case "repairEnd":
      case "flush":
        this.refusedFrames++;
        return [];
    }
  }

  #lose({ records, seq }: Frame & { type: "lost" }): void {
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    for (let offset = 0; offset < records.length; offset += recordLength(view, offset)) {
      this.#mirror.lose(view, offset, seq);
    }
  }

  #join(hello: Hello, now: Instant): void {
    if (this.#joined?.boot === hello.boot && this.#joined.session === hello.session) return;
    const { boot } = this.#holdings;
    const isKnown = hello.boot === this.#replicaBoot && hello.appliedBoot === boot;
    this.#begin(hello, isKnown && hello.appliedSeq <= this.#mirror.seq, now);
  }

  #begin(hello: Hello, resumed: boolean, now: Instant): void {
    this.#leave();
    this.#joined = hello;
    this.#replicaBoot = hello.boot;
    if (resumed) this.#mirror.rewind(hello.appliedSeq);
    else this.#mirror.assume();
    // Also where the replica continues: what it refused or lost before the break, it may have told in vain.
    this.#comparison.trusted = false;
    this.#beginDue = { resumed };
    this.#comparison.begin(now);
    this.#retries.begin();
  }

  #leave(): void {
    this.#joined = undefined;
    this.#beginDue = undefined;
    this.#comparison.abandon();
  }

  #supersede(term: number): readonly SourceEffect[] {
    if (this.#superseded) return [];
    this.#superseded = true;
    return [{ type: "reportSuperseded", term }];
  }

  #bound(): void {
    if (this.#mirror.tombstones <= this.#mostTombstones) return;
    this.#mirror.dropTombstones();
    this.overflows++;
    this.#comparison.hasten();
  }
}
