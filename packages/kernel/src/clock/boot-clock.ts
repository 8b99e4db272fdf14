import { readFileSync } from "node:fs";
import { type Instant, instantOf, type Millis, millisOf } from "@vipair/model";
import { check } from "../libc/errno.js";
import { libc } from "../libc/libc.js";

const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
/** `struct timespec`, and its words: the low and the high one of the seconds, and the nanoseconds. */
const time = new Uint8Array(16);
const words = new Uint32Array(time.buffer);

/** Milliseconds since boot, with fractions; counts on while the machine is suspended. */
export const bootClock = (): Instant => instantOf(read(CLOCK_BOOTTIME, "CLOCK_BOOTTIME"));

/** The same, without the time in which the machine was suspended. */
export const monotonicClock = (): number => read(CLOCK_MONOTONIC, "CLOCK_MONOTONIC");

/**
 * How far CLOCK_BOOTTIME of this process is ahead of the kernel's own, which BPF programs read: milliseconds, 0 but in a time
 * namespace. time_namespaces(7).
 */
export function timeNamespaceOffset(): Millis {
  let text: string;
  try {
    text = readFileSync("/proc/self/timens_offsets", "utf8");
  } catch {
    return millisOf(0); // A kernel without time namespaces.
  }
  const [, seconds, nanoseconds] = /^boottime +(-?\d+) +(\d+)$/m.exec(text) ?? [];
  return millisOf(Number(seconds ?? 0) * 1_000 + Number(nanoseconds ?? 0) / 1e6);
}

function read(clock: number, name: string): number {
  check(libc.clock_gettime(clock, time), `read ${name}`);
  const [low = 0, high = 0, nanoseconds = 0] = words;
  return (high * 0x1_0000_0000 + low) * 1000 + nanoseconds / 1e6;
}
