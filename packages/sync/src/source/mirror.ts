import type { Instant } from "@vipair/model";
import { recordFields, recordFlags, recordLength } from "@vipair/model";
import { recordDiffers } from "../record/change.js";
import { bucketOf, keyHash } from "../record/key.js";
import { Chain, Links } from "../table/chain.js";
import { bucketSet, type Digest } from "../table/digest.js";
import { type FlowTable, grown, type TakeConnection } from "../table/table.js";
import type { Renewal } from "./options.js";
import { Sent } from "./sent.js";

/**
 * The connections of the active node's kernel, and what the replica knows of each:
 *
 *                 changed                     sent                    acked
 *     (born) ───────────────▶ dirty ─────────────────────▶ unacked ───────────▶ clean: protected
 *                              ▲  ▲                          │  │                  │  │
 *                              │  └───── changed, rewound ───┘  │                  │  │
 *                              ├──────────────────── changed ───┼──────────────────┘  │
 *                              └──── retried ── lost ◀──────────┴─── the replica lost it
 *
 * There is no queue of changes: a connection is dirty or not, and what is sent is its latest state. One that was born
 * and died before it was sent leaves nothing behind. One that dies later walks the same way as a tombstone, and is
 * forgotten when that is acked. Dirty and unacked connections are chained in the order of their change, so memory is
 * bounded by the connections and the tombstones, and every count is at hand.
 */
export class Mirror {
  live = 0;
  tombstones = 0;
  /** Number of the record last sent. */
  seq = 0;

  readonly #links = new Links();
  readonly #dirty = new Chain(this.#links);
  readonly #unacked = new Chain(this.#links);
  readonly #lost = new Chain(this.#links);
  #flags = new Uint8Array(0);
  #sentSeq = new Float64Array(0);
  #changedAt = new Float64Array(0);
  /** The dump in which the connection was last seen. */
  #sweep = new Uint32Array(0);
  #sweeps = 0;
  readonly #sent: Sent;

  /** The connections of the table count as sent, whether there is a replica that has them or not. */
  constructor(
    readonly table: FlowTable,
    now: Instant,
    readonly renewal: Renewal,
  ) {
    this.#sent = new Sent(table);
    this.#grow();
    this.#changedAt.fill(renewal.all ? Number.NEGATIVE_INFINITY : now);
    for (let slot = 0; slot < table.limit; slot++) {
      if (!table.has(slot)) continue;
      this.#flags[slot] = isLive;
      this.live++;
      this.#count(slot);
    }
  }

  /** Over what was sent: what a replica that got the stream up to here must have. */
  get digest(): Digest {
    return this.#sent.digest;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.table.bytes + this.table.capacity * (1 + 8 + 8 + 4 + 4 + 4 + 8);
  }

  get dirty(): number {
    return this.#dirty.length;
  }

  get unacked(): number {
    return this.#unacked.length;
  }

  /** Live connections that the replica said it has not. */
  get lost(): number {
    return this.#lost.length;
  }

  /** Live connections that are neither dirty nor unacked nor lost. */
  get clean(): number {
    return this.live + this.tombstones - this.#dirty.length - this.#unacked.length - this.#lost.length;
  }

  /** When the oldest change happened that is not acked. */
  get oldestChange(): number | undefined {
    const oldest = Math.min(this.#changeOf(this.#dirty.first), this.#changeOf(this.#unacked.first));
    return oldest === Number.POSITIVE_INFINITY ? undefined : oldest;
  }

  /** Where the live connection with this key stands; `undefined` when there is none. */
  standing(view: DataView, offset: number): "dirty" | "unacked" | "lost" | "clean" | undefined {
    const slot = this.table.find(view, offset, keyHash(view, offset));
    if (slot < 0 || !this.#is(slot, isLive)) return undefined;
    if (this.#is(slot, isDirty)) return "dirty";
    if (this.#is(slot, isUnacked)) return "unacked";
    return this.#is(slot, isLost) ? "lost" : "clean";
  }

  /** Whether all that changed at this time or before was sent. */
  drained(at: Instant): boolean {
    return this.#changeOf(this.#dirty.first) > at;
  }

  /** The record is the connection's state now. */
  put(view: DataView, offset: number, now: Instant): void {
    const hash = keyHash(view, offset);
    const known = this.table.find(view, offset, hash);
    if (known < 0) return this.#add(view, offset, hash, now);
    this.#sweep[known] = this.#sweeps;
    if (this.#is(known, isLive)) return this.#update(known, view, offset, now);
    this.tombstones--;
    this.live++;
    this.#set(known, isLive);
    this.table.write(known, view, offset);
    this.#markDirty(known, now);
  }

  /** The connection is gone, unless its id says that this is about an older one with the same tuple. */
  bury(view: DataView, offset: number, now: Instant): void {
    const slot = this.table.find(view, offset, keyHash(view, offset));
    if (slot < 0 || !this.#is(slot, isLive)) return;
    const id = view.getUint32(offset + recordFields.id);
    const mirrored = this.table.view(slot).getUint32(this.table.offset(slot) + recordFields.id);
    if (id !== 0 && mirrored !== 0 && id !== mirrored) return;
    this.#die(slot, now);
  }

  /** From here on, connections are seen or they are gone when {@link endSweep} comes. */
  beginSweep(): void {
    this.#sweeps++;
  }

  /** Whether the connection was seen since the sweep began. */
  swept(view: DataView, offset: number): boolean {
    const slot = this.table.find(view, offset, keyHash(view, offset));
    return slot >= 0 && this.#is(slot, isLive) && this.#sweep[slot] === this.#sweeps;
  }

  endSweep(now: Instant): void {
    for (let slot = 0; slot < this.table.limit; slot++) if (this.#isUnswept(slot)) this.#die(slot, now);
  }

  each(take: TakeConnection): void {
    this.table.each((slot) => this.#is(slot, isLive), take);
  }

  /** The connections that {@link endSweep} would take for gone. */
  eachUnswept(take: TakeConnection): void {
    this.table.each((slot) => this.#isUnswept(slot), take);
  }

  #isUnswept(slot: number): boolean {
    return this.#is(slot, isLive) && this.#sweep[slot] !== this.#sweeps;
  }

  /** Bytes that the next dirty connection takes in a frame; 0 when there is none. */
  get nextLength(): number {
    const slot = this.#dirty.first;
    return slot < 0 ? 0 : recordLength(this.table.view(slot), this.table.offset(slot));
  }

  /** Writes the next dirty connection, which must exist, and counts it as sent. @returns its length */
  send(to: DataView, at: number): number {
    const slot = this.#dirty.first;
    const length = this.nextLength;
    const from = this.table.view(slot);
    const offset = this.table.offset(slot);
    for (let i = 0; i < length; i += 4) to.setUint32(at + i, from.getUint32(offset + i));
    const gone = this.#is(slot, isLive) ? 0 : recordFlags.gone;
    const repair = this.#is(slot, isRepaired) ? recordFlags.repair : 0;
    to.setUint8(at + recordFields.flags, from.getUint8(offset + recordFields.flags) | gone | repair);
    this.#dirty.remove(slot);
    this.#unacked.append(slot);
    this.#clear(slot, isDirty | isRepaired);
    this.#set(slot, isUnacked);
    this.#count(slot);
    this.#sentSeq[slot] = ++this.seq;
    return length;
  }

  /** The replica has performed everything up to this record. */
  ack(seq: number): void {
    for (let slot = this.#unacked.first; slot >= 0 && (this.#sentSeq[slot] ?? 0) <= seq; slot = this.#unacked.first) {
      if (this.#is(slot, isLive)) this.#settle(slot);
      else this.#forget(slot);
    }
  }

  /** The replica has not got it, whatever was acked; unless it was sent after this record. */
  lose(view: DataView, offset: number, seq: number): void {
    const slot = this.table.find(view, offset, keyHash(view, offset));
    if (slot < 0 || !this.#is(slot, isLive) || this.#is(slot, isDirty | isLost)) return;
    if (this.#is(slot, isUnacked) && (this.#sentSeq[slot] ?? 0) > seq) return;
    this.#unchain(slot);
    this.#clear(slot, isRepaired | isSent);
    this.#set(slot, isLost);
    this.#lost.append(slot);
    this.#sent.count(slot, false);
  }

  /** What the replica has lost is sent again. */
  retry(now: Instant): void {
    for (let slot = this.#lost.first; slot >= 0; slot = this.#lost.first) this.#markDirty(slot, now);
  }

  /** What was sent after this record did not arrive. */
  rewind(seq: number): void {
    for (let slot = this.#unacked.last; slot >= 0 && (this.#sentSeq[slot] ?? 0) > seq; slot = this.#unacked.last) {
      this.#unacked.remove(slot);
      this.#dirty.prepend(slot);
      this.#clear(slot, isUnacked);
      this.#set(slot, isDirty);
    }
  }

  /** Nobody knows what the replica has: everything counts as sent, and a digest will tell what is not there. */
  assume(): void {
    for (const chain of [this.#dirty, this.#unacked, this.#lost]) {
      for (let slot = chain.first; slot >= 0; slot = chain.first) {
        if (this.#is(slot, isLive)) this.#settle(slot);
        else this.#forget(slot);
      }
    }
    if (this.renewal.all) this.#changedAt.fill(Number.NEGATIVE_INFINITY);
  }

  /** Every live connection of these buckets is sent again. */
  repair(buckets: readonly number[], now: Instant): void {
    const set = bucketSet(buckets);
    for (let slot = 0; slot < this.table.limit; slot++) {
      if (!this.#is(slot, isLive) || set[bucketOf(this.table.hash(slot))] === 0) continue;
      if (!this.#is(slot, isDirty | isLost)) this.#set(slot, isRepaired);
      this.#markDirty(slot, now);
    }
  }

  /** Forgets all tombstones: the replica keeps those connections until a digest tells. */
  dropTombstones(): void {
    for (const chain of [this.#dirty, this.#unacked]) {
      for (let slot = chain.first; slot >= 0; ) {
        const next = chain.next(slot);
        if (!this.#is(slot, isLive)) this.#forget(slot);
        slot = next;
      }
    }
  }

  #add(view: DataView, offset: number, hash: number, now: Instant): void {
    const slot = this.table.add(view, offset, hash);
    if (this.table.capacity > this.#flags.length) this.#grow();
    this.#flags[slot] = isLive;
    this.#sweep[slot] = this.#sweeps;
    this.live++;
    this.#markDirty(slot, now);
  }

  #update(slot: number, view: DataView, offset: number, now: Instant): void {
    const mirrored = this.table.view(slot);
    const at = this.table.offset(slot);
    if (
      this.#is(slot, isDirty) ||
      recordDiffers(view, offset, mirrored, at) ||
      this.#runsOut(slot, view, offset, now)
    ) {
      this.table.write(slot, view, offset);
      this.#clear(slot, isRepaired);
      this.#markDirty(slot, now);
    } else mirrored.setUint32(at + recordFields.id, view.getUint32(offset + recordFields.id));
  }

  /** The replica's copy has too little of its time left, while the connection lives on. */
  #runsOut(slot: number, view: DataView, offset: number, now: Instant): boolean {
    const sent = this.table.view(slot).getUint32(this.table.offset(slot) + recordFields.timeout);
    const left = sent - (now - this.#changeOf(slot)) / 1_000;
    const timeout = view.getUint32(offset + recordFields.timeout);
    return timeout > 0 && left < timeout * this.renewal.below;
  }

  #markDirty(slot: number, now: Instant): void {
    if (this.#is(slot, isDirty)) return;
    this.#unchain(slot);
    this.#set(slot, isDirty);
    this.#changedAt[slot] = now;
    this.#dirty.append(slot);
  }

  #die(slot: number, now: Instant): void {
    this.live--;
    this.#clear(slot, isLive | isRepaired);
    this.tombstones++;
    if (this.#is(slot, isSent)) this.#markDirty(slot, now);
    else this.#forget(slot);
  }

  #settle(slot: number): void {
    this.#unchain(slot);
    this.#clear(slot, isRepaired);
    this.#count(slot);
  }

  /** A tombstone that has done its work, or must not wait for it. */
  #forget(slot: number): void {
    this.#unchain(slot);
    this.#count(slot);
    this.#flags[slot] = 0;
    this.table.remove(slot);
    this.tombstones--;
  }

  #unchain(slot: number): void {
    if (this.#is(slot, isDirty)) this.#dirty.remove(slot);
    if (this.#is(slot, isUnacked)) this.#unacked.remove(slot);
    if (this.#is(slot, isLost)) this.#lost.remove(slot);
    this.#clear(slot, isDirty | isUnacked | isLost);
  }

  /** The slot's present state counts as sent. */
  #count(slot: number): void {
    this.#sent.count(slot, this.#is(slot, isLive));
    this.#set(slot, isSent);
  }

  #changeOf(slot: number): number {
    return slot < 0 ? Number.POSITIVE_INFINITY : (this.#changedAt[slot] ?? 0);
  }

  #is(slot: number, flag: number): boolean {
    return ((this.#flags[slot] ?? 0) & flag) !== 0;
  }

  #set(slot: number, flags: number): void {
    this.#flags[slot] = (this.#flags[slot] ?? 0) | flags;
  }

  #clear(slot: number, flags: number): void {
    this.#flags[slot] = (this.#flags[slot] ?? 0) & ~flags;
  }

  #grow(): void {
    const { capacity } = this.table;
    this.#links.grow(capacity);
    this.#flags = grown(this.#flags, new Uint8Array(capacity));
    this.#sentSeq = grown(this.#sentSeq, new Float64Array(capacity));
    this.#changedAt = grown(this.#changedAt, new Float64Array(capacity));
    this.#sent.grow();
    this.#sweep = grown(this.#sweep, new Uint32Array(capacity));
  }
}

/** A slot that is not live is a tombstone, or unused. */
const isLive = 1;
/** The replica may have it. */
const isSent = 2;
const isDirty = 4;
const isUnacked = 8;
/** Dirty by a repair alone. */
const isRepaired = 16;
/** The replica said that it has not got it. */
const isLost = 32;
