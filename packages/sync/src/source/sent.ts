import { type Hash64, recordHash } from "../record/hash.js";
import { bucketOf } from "../record/key.js";
import { Digest } from "../table/digest.js";
import { type FlowTable, grown } from "../table/table.js";

/** The digest over what was last sent of every connection, which may be older than what the table holds. */
export class Sent {
  readonly digest = new Digest();
  #low = new Uint32Array(0);
  #high = new Uint32Array(0);
  readonly #hash: Hash64 = { low: 0, high: 0 };

  constructor(readonly table: FlowTable) {}

  grow(): void {
    this.#low = grown(this.#low, new Uint32Array(this.table.capacity));
    this.#high = grown(this.#high, new Uint32Array(this.table.capacity));
  }

  /** The connection's state in the table, or that it is gone, is what was last sent. */
  count(slot: number, isLive: boolean): void {
    const { table } = this;
    const bucket = bucketOf(table.hash(slot));
    this.digest.toggle(bucket, this.#low[slot] ?? 0, this.#high[slot] ?? 0);
    if (isLive) recordHash(table.view(slot), table.offset(slot), this.#hash);
    this.#low[slot] = isLive ? this.#hash.low : 0;
    this.#high[slot] = isLive ? this.#hash.high : 0;
    this.digest.toggle(bucket, this.#low[slot] ?? 0, this.#high[slot] ?? 0);
  }
}
