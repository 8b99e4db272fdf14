import type { Instant } from "@vipair/model";
import type { Mirror } from "./mirror.js";

/**
 * When what the replica's kernel has lost is sent again: at once after a quiet time, and with pauses that double while it
 * goes on losing. A full table there refuses everything, and connections that expire on both nodes need no copy any more.
 */
export class Retries {
  #pauseMs = leastPauseMs;
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(readonly mirror: Mirror) {}

  /** A replica has come: it gets what the one before lost. */
  begin(): void {
    this.#pauseMs = leastPauseMs;
    this.#nextAt = Number.NEGATIVE_INFINITY;
  }

  tick(now: Instant): void {
    if (now < this.#nextAt) return;
    if (this.mirror.lost === 0) {
      this.#pauseMs = leastPauseMs;
      return;
    }
    this.mirror.retry(now);
    this.#nextAt = now + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, mostPauseMs);
  }
}

const leastPauseMs = 500;
const mostPauseMs = 10_000;
