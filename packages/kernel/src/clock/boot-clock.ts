import { type Instant, instantOf } from "@vipair/model";
import { check } from "../libc/errno.js";
import { libc } from "../libc/libc.js";

const CLOCK_BOOTTIME = 7;
const time = Buffer.alloc(16);

/** Milliseconds since boot, with fractions; counts on while the machine is suspended. */
export function bootClock(): Instant {
  check(libc.clock_gettime(CLOCK_BOOTTIME, time), "read CLOCK_BOOTTIME");
  return instantOf(Number(time.readBigInt64LE(0)) * 1000 + Number(time.readBigInt64LE(8)) / 1e6);
}
