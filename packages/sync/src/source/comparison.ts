import type { Instant } from "@vipair/model";
import type { FrameBody } from "../frame/frame.js";
import type { Mirror } from "./mirror.js";

/**
 * Whether the replica has what was sent: the digest goes out, the replica names the buckets that differ, and everything
 * in them is sent again between a `repairBegin` and a `repairEnd`. One at a time.
 */
export class Comparison {
  /** The replica has answered since it was last a stranger. */
  trusted = false;
  /** Answers of the replica. */
  count = 0;
  /** When the replica answered last. */
  answeredAt: Instant | undefined;

  #isDue = false;
  #nextAt = 0;
  #number: number;
  #awaits: number | undefined;
  #repair: Repair | undefined;
  /** What was lost on the way must be sent again before a digest means anything. */
  #notBefore = 0 as Instant;

  constructor(
    readonly mirror: Mirror,
    readonly intervalMs: number,
    sessions: number,
  ) {
    // An answer to the digest of an earlier source of this process may still be on its way.
    this.#number = (sessions * 65_536) % 0x1_0000_0000;
  }

  get isRepairing(): boolean {
    return this.#repair !== undefined;
  }

  /** A session begins: compare as soon as what changed until now is sent. */
  begin(now: Instant): void {
    this.abandon();
    this.#isDue = true;
    this.#notBefore = now;
  }

  abandon(): void {
    this.#isDue = false;
    this.#awaits = undefined;
    this.#repair = undefined;
  }

  /** Something is known to differ. */
  hasten(): void {
    this.#nextAt = 0;
  }

  tick(now: Instant): void {
    if (this.#repair === undefined && this.#awaits === undefined && now >= this.#nextAt) this.#isDue = true;
  }

  /** The replica's answer; one to an older digest means nothing. */
  answered(number: number, buckets: readonly number[], now: Instant): void {
    if (number !== this.#awaits) return;
    this.#awaits = undefined;
    this.trusted = true;
    this.count++;
    this.answeredAt = now;
    if (buckets.length === 0) return;
    this.mirror.repair(buckets, now);
    this.#repair = { buckets, at: now, begun: false };
  }

  /** What is to be said at this point of the stream. */
  take(now: Instant): FrameBody | undefined {
    return this.#repair === undefined ? this.#takeDigest(now) : this.#takeRepair(this.#repair);
  }

  #takeRepair(repair: Repair): FrameBody | undefined {
    if (!repair.begun) {
      this.#repair = { ...repair, begun: true };
      return { type: "repairBegin", buckets: repair.buckets };
    }
    if (!this.mirror.drained(repair.at)) return undefined;
    this.#repair = undefined;
    return { type: "repairEnd" };
  }

  #takeDigest(now: Instant): FrameBody | undefined {
    if (!this.#isDue || !this.mirror.drained(this.#notBefore)) return undefined;
    this.#isDue = false;
    this.#nextAt = now + this.intervalMs;
    this.#awaits = ++this.#number;
    return { type: "digest", number: this.#number, words: this.mirror.digest.words };
  }
}

interface Repair {
  readonly buckets: readonly number[];
  readonly at: Instant;
  readonly begun: boolean;
}
