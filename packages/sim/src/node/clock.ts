import { type Instant, instantOf } from "@vipair/model";

/**
 * The clocks of one host. CLOCK_BOOTTIME goes on while the host is suspended; the kernel's own timers (CLOCK_MONOTONIC)
 * do not. Both run at the host's own rate, and start anywhere.
 */
export class HostClock {
  readonly #trueTime: () => number;
  readonly #offset: number;
  readonly #rate: number;
  #suspendedFor = 0;
  #suspendedAt: number | undefined;

  constructor(trueTime: () => number, offset: number, rate: number) {
    this.#trueTime = trueTime;
    this.#offset = offset;
    this.#rate = rate;
  }

  bootTime(): Instant {
    return instantOf(this.#offset + this.#rate * this.#trueTime());
  }

  monotonic(): Instant {
    const now = this.#trueTime();
    const suspended = this.#suspendedFor + (this.#suspendedAt === undefined ? 0 : now - this.#suspendedAt);
    return instantOf(this.#offset + this.#rate * (now - suspended));
  }

  /** The true time at which CLOCK_BOOTTIME shows `instant`. */
  trueTimeOf(instant: Instant): number {
    return (instant - this.#offset) / this.#rate;
  }

  suspend(): void {
    this.#suspendedAt ??= this.#trueTime();
  }

  resume(): void {
    if (this.#suspendedAt === undefined) return;
    this.#suspendedFor += this.#trueTime() - this.#suspendedAt;
    this.#suspendedAt = undefined;
  }
}
