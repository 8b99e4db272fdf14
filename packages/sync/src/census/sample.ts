import { recordLength } from "@vipair/model";
import { keyHash } from "../record/key.js";
import { FlowTable } from "../table/table.js";

/** Some buckets of a census as bits: bucket `n` is bit `n % 8` of byte `n / 8`. */
export class BucketSet {
  constructor(
    readonly buckets: number,
    readonly bits = new Uint8Array(buckets / 8),
  ) {}

  static of(buckets: number, chosen: Iterable<number>): BucketSet {
    const set = new BucketSet(buckets);
    for (const bucket of chosen) set.bits[bucket >>> 3] = (set.bits[bucket >>> 3] ?? 0) | (1 << (bucket & 7));
    return set;
  }

  /** Whether the bucket of this key hash is among them. */
  has(hash: number): boolean {
    const bucket = hash & (this.buckets - 1);
    return (((this.bits[bucket >>> 3] ?? 0) >>> (bucket & 7)) & 1) === 1;
  }
}

/** The connections of some buckets, each in its latest state that the table showed. */
export class Sample {
  /** Whether there was room for all of them. */
  complete = true;
  readonly table: FlowTable;

  constructor(
    readonly chosen: BucketSet,
    readonly most: number,
    salt = 0,
  ) {
    this.table = new FlowTable(salt);
  }

  add(view: DataView, offset: number): void {
    const hash = keyHash(view, offset);
    if (!this.chosen.has(hash)) return;
    const known = this.table.find(view, offset, hash);
    if (known >= 0) this.table.write(known, view, offset);
    else if (this.table.size < this.most) this.table.add(view, offset, hash);
    else this.complete = false;
  }

  /** All records, one after the other. */
  pack(): Uint8Array {
    const { table } = this;
    let length = 0;
    for (let slot = 0; slot < table.limit; slot++) length += recordLength(table.view(slot), table.offset(slot));
    const packed = new Uint8Array(length);
    let at = 0;
    for (let slot = 0; slot < table.limit; slot++) {
      const view = table.view(slot);
      const size = recordLength(view, table.offset(slot));
      packed.set(new Uint8Array(view.buffer, view.byteOffset + table.offset(slot), size), at);
      at += size;
    }
    return packed;
  }
}
