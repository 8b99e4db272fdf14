import { recordFields, recordFlags, recordLength } from "@vipair/model";
import { Dump } from "../dump.js";
import { recordDiffers } from "../record/change.js";
import { type Hash64, recordHash } from "../record/hash.js";
import { bucketOf, keyHash } from "../record/key.js";
import { clearWireFlags } from "../record/record.js";
import { bucketSet, Digest } from "../table/digest.js";
import { type FlowTable, grown, type TakeConnection } from "../table/table.js";
import { Packer } from "./packer.js";

/** Connections that were not as the source has them, and are now. */
export interface Drift {
  readonly missing: number;
  readonly surplus: number;
  readonly different: number;
}

/** The source's connections as the replica holds them, and what its kernel needs to hold the same. */
export class Copy {
  readonly digest = new Digest();
  readonly inserts = new Packer(pieceLength);
  readonly removals = new Packer(pieceLength);
  readonly #dump = new Dump();
  readonly #hash: Hash64 = { low: 0, high: 0 };
  /** The repair that last touched the connection. */
  #touched = new Uint32Array(0);
  #repairs = 0;
  /** The dump that last showed the connection. */
  #sweep = new Uint32Array(0);
  #sweeps = 0;
  #repairing: Uint8Array | undefined;
  #missing = 0;
  #different = 0;

  constructor(readonly table: FlowTable) {
    this.#grow();
    for (let slot = 0; slot < table.limit; slot++) if (table.has(slot)) this.#toggle(slot);
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.table.bytes + this.#touched.byteLength + this.#sweep.byteLength;
  }

  get isRepairing(): boolean {
    return this.#repairing !== undefined;
  }

  beginSweep(): void {
    this.#sweeps++;
    this.#dump.begin();
  }

  /** This node's kernel held it, in this state, since the sweep began. What happened to it since then is newer. */
  sweep(view: DataView, offset: number): void {
    if (this.#dump.hasDied(view, offset)) return;
    const slot = this.table.find(view, offset, keyHash(view, offset));
    if (slot < 0 || this.#sweep[slot] !== this.#sweeps) this.see(view, offset);
  }

  /** This node's kernel holds it, in this state, whatever the source sent: the digest must tell. */
  see(view: DataView, offset: number): void {
    const hash = keyHash(view, offset);
    const known = this.table.find(view, offset, hash);
    const slot = known < 0 ? this.#add(view, offset, hash) : known;
    if (known >= 0 && this.#isOther(slot, view, offset)) this.#write(slot, view, offset);
    this.#sweep[slot] = this.#sweeps;
  }

  each(take: TakeConnection): void {
    this.table.each(() => true, take);
  }

  /** The connections that {@link endSweep} would take for lost. */
  eachUnswept(take: TakeConnection): void {
    this.table.each((slot) => this.#sweep[slot] !== this.#sweeps, take);
  }

  /** What came neither from the kernel nor from the source since the sweep began is not there. */
  endSweep(lost: (view: DataView, offset: number) => void): void {
    this.#dump.end();
    for (let slot = 0; slot < this.table.limit; slot++) {
      if (!this.table.has(slot) || this.#sweep[slot] === this.#sweeps) continue;
      lost(this.table.view(slot), this.table.offset(slot));
      this.#remove(slot);
    }
  }

  /** Whether the source's connection with this key is in this node's kernel. */
  holds(view: DataView, offset: number): boolean {
    return this.table.find(view, offset, keyHash(view, offset)) >= 0;
  }

  /** This node's kernel does not hold it. @returns whether it was held */
  drop(view: DataView, offset: number): boolean {
    this.#dump.died(view, offset);
    const slot = this.table.find(view, offset, keyHash(view, offset));
    if (slot >= 0) this.#remove(slot);
    return slot >= 0;
  }

  /** Applies the records of a delta, and packs what the kernel needs for it. */
  apply(records: Uint8Array): void {
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    for (let offset = 0; offset < records.length; offset += recordLength(view, offset)) {
      const flags = view.getUint8(offset + recordFields.flags);
      if ((flags & recordFlags.gone) !== 0) this.#bury(view, offset);
      else this.#put(view, offset, (flags & recordFlags.repair) !== 0);
    }
  }

  beginRepair(buckets: readonly number[]): void {
    this.#repairs++;
    this.#repairing = bucketSet(buckets);
    this.#missing = 0;
    this.#different = 0;
  }

  /** What the repair did not touch does not exist. */
  endRepair(): Drift {
    const set = this.#repairing;
    const before = this.removals.count;
    for (let slot = 0; set !== undefined && slot < this.table.limit; slot++) {
      if (!this.table.has(slot) || this.#touched[slot] === this.#repairs) continue;
      if (set[bucketOf(this.table.hash(slot))] === 0) continue;
      this.#dump.died(this.table.view(slot), this.table.offset(slot));
      this.removals.add(this.table.view(slot), this.table.offset(slot));
      this.#remove(slot);
    }
    this.#repairing = undefined;
    return { missing: this.#missing, different: this.#different, surplus: this.removals.count - before };
  }

  abandonRepair(): void {
    this.#repairing = undefined;
  }

  #put(view: DataView, offset: number, repaired: boolean): void {
    const hash = keyHash(view, offset);
    let slot = this.table.find(view, offset, hash);
    if (slot < 0) {
      slot = this.#add(view, offset, hash);
      this.inserts.add(view, offset);
      if (repaired) this.#missing++;
    } else {
      const same = repaired && !recordDiffers(view, offset, this.table.view(slot), this.table.offset(slot));
      if (!same) this.inserts.add(view, offset);
      if (repaired && !same && this.#isOther(slot, view, offset)) this.#different++;
      this.#write(slot, view, offset);
    }
    this.#touched[slot] = this.#repairs;
    this.#sweep[slot] = this.#sweeps;
  }

  /** Also what is not held: the kernel may have told the end of an older one after this one was inserted. */
  #bury(view: DataView, offset: number): void {
    this.drop(view, offset);
    this.removals.add(view, offset);
  }

  #add(view: DataView, offset: number, hash: number): number {
    const slot = this.table.add(view, offset, hash);
    if (slot >= this.#touched.length) this.#grow();
    this.#touched[slot] = 0;
    clearWireFlags(this.table.view(slot), this.table.offset(slot));
    this.#toggle(slot);
    return slot;
  }

  #write(slot: number, view: DataView, offset: number): void {
    this.#toggle(slot);
    this.table.write(slot, view, offset);
    clearWireFlags(this.table.view(slot), this.table.offset(slot));
    this.#toggle(slot);
  }

  /** Whether the record is of another state than the one held, in a way that both nodes must agree on. */
  #isOther(slot: number, view: DataView, offset: number): boolean {
    const { low, high } = recordHash(view, offset, this.#hash);
    const held = recordHash(this.table.view(slot), this.table.offset(slot), this.#hash);
    return held.low !== low || held.high !== high;
  }

  #remove(slot: number): void {
    this.#toggle(slot);
    this.table.remove(slot);
  }

  #grow(): void {
    const { capacity } = this.table;
    this.#touched = grown(this.#touched, new Uint32Array(capacity));
    this.#sweep = grown(this.#sweep, new Uint32Array(capacity));
  }

  #toggle(slot: number): void {
    const { low, high } = recordHash(this.table.view(slot), this.table.offset(slot), this.#hash);
    this.digest.toggle(bucketOf(this.table.hash(slot)), low, high);
  }
}

/** A kernel takes as much as this without a pause to speak of. */
const pieceLength = 65_536;
