import { type Hash64, recordHash } from "../record/hash.js";
import { keyHash } from "../record/key.js";
import { Digest } from "../table/digest.js";

/**
 * Two kernels' tables are compared without a mirror of either: first by a digest of each, then by the records of the
 * buckets that differ.
 *
 *     table ──▶ Census ──words──▶ the buckets that differ ──▶ table ──▶ Sample ──records──▶ Verification
 *
 * Both tables change meanwhile, so what differs is looked at again, and only what differs in the same way every time, with
 * everything confirmed in between, is called a difference.
 */
export class Census {
  /** Connections counted; one that a table shows twice is counted twice. */
  count = 0;
  readonly #digest: Digest;
  readonly #hash: Hash64 = { low: 0, high: 0 };

  /** @param buckets a power of two: about as many as connections, so that few share a bucket with one that changes */
  constructor(readonly buckets: number) {
    this.#digest = new Digest(new Uint32Array(buckets * 2));
  }

  /** Two words for each bucket. */
  get words(): Uint32Array {
    return this.#digest.words;
  }

  add(view: DataView, offset: number): void {
    const { low, high } = recordHash(view, offset, this.#hash);
    this.#digest.toggle(keyHash(view, offset) & (this.buckets - 1), low, high);
    this.count++;
  }

  differing(words: Uint32Array): number[] {
    return this.#digest.differing(words);
  }
}

export const fewestBuckets = 1_024;
export const mostBuckets = 65_536;

/** How many buckets a census of this many connections should have. */
export function bucketsFor(connections: number): number {
  let buckets = fewestBuckets;
  while (buckets < connections && buckets < mostBuckets) buckets *= 2;
  return buckets;
}
