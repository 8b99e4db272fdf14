import { bucketCount } from "../record/key.js";

/** For each bucket the exclusive or of the hashes of its records: equal sets have equal digests, in any order. */
export class Digest {
  /** Two words for each bucket. */
  readonly words: Uint32Array;

  constructor(words = new Uint32Array(bucketCount * 2)) {
    this.words = words;
  }

  /** Adds the hash of a record, or takes it out again. */
  toggle(bucket: number, low: number, high: number): void {
    const at = bucket * 2;
    this.words[at] = (this.words[at] ?? 0) ^ low;
    this.words[at + 1] = (this.words[at + 1] ?? 0) ^ high;
  }

  /** The buckets in which two sets are not equal. */
  differing(other: Uint32Array): number[] {
    const buckets: number[] = [];
    for (let bucket = 0; bucket < this.words.length / 2; bucket++) {
      const at = bucket * 2;
      if (this.words[at] !== other[at] || this.words[at + 1] !== other[at + 1]) buckets.push(bucket);
    }
    return buckets;
  }
}

/** A set of buckets, by number. */
export function bucketSet(buckets: readonly number[]): Uint8Array {
  const set = new Uint8Array(bucketCount);
  for (const bucket of buckets) set[bucket] = 1;
  return set;
}
