import { readFileSync } from "node:fs";
import { libc } from "../libc/libc.js";

const SCHED_FIFO = 1;
const PRIO_PROCESS = 0;
const MLOCK_ONFAULT = 1;

/** How the calling thread is scheduled now. */
export type Scheduling = "fifo" | "nice" | "normal";

/**
 * Gives the calling thread real-time priority (SCHED_FIFO 50), or where that is refused, nice -20. Threads that it makes
 * later inherit it, libuv's pool among them, as do child processes: call it before the first asynchronous file operation,
 * and in no process that runs other people's programs.
 */
export function raiseScheduling(): Scheduling {
  const parameter = Buffer.alloc(4);
  parameter.writeInt32LE(50);
  if (libc.sched_setscheduler(0, SCHED_FIFO, parameter) === 0) return "fifo";
  return libc.setpriority(PRIO_PROCESS, 0, -20) === 0 ? "nice" : "normal";
}

/**
 * Keeps the pages of the program, its libraries, its stack and its C heap in memory, each from its first use on; `false`
 * when the kernel refuses any of it. JavaScript's own heap stays outside: V8 gives pages back with MADV_DONTNEED, which
 * fails on locked memory, and then aborts, so that `mlockall` is no choice. Forbid swapping for the process's cgroup
 * (`MemorySwapMax=0`) to cover that as well.
 */
export function lockMemory(): boolean {
  const mappings = readFileSync("/proc/self/maps", "latin1").matchAll(lockable);
  let locked = true;
  for (const [, start, end] of mappings) {
    const from = BigInt(`0x${start}`);
    if (libc.mlock2(from, BigInt(`0x${end}`) - from, MLOCK_ONFAULT) !== 0) locked = false;
  }
  return locked;
}

/** Lines of /proc/self/maps whose mapping is a file, the C heap or the stack. */
const lockable = /^([0-9a-f]+)-([0-9a-f]+) (?:\S+ +){4}(?:\/|\[heap\]|\[stack\]).*$/gm;
