import { type Instant, instantOf } from "@vipair/model";
import { check } from "../libc/errno.js";
import { libc } from "../libc/libc.js";

const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const time = Buffer.alloc(16);

/** Milliseconds since boot, with fractions; counts on while the machine is suspended. */
export const bootClock = (): Instant => instantOf(read(CLOCK_BOOTTIME, "CLOCK_BOOTTIME"));

/** The same, without the time in which the machine was suspended. */
export const monotonicClock = (): number => read(CLOCK_MONOTONIC, "CLOCK_MONOTONIC");

function read(clock: number, name: string): number {
  check(libc.clock_gettime(clock, time), `read ${name}`);
  return Number(time.readBigInt64LE(0)) * 1000 + Number(time.readBigInt64LE(8)) / 1e6;
}
