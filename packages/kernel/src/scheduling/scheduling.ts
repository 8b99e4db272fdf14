import { readdirSync, readFileSync } from "node:fs";
import { libc } from "../libc/libc.js";

const SCHED_FIFO = 1;
const PRIO_PROCESS = 0;
const MLOCK_ONFAULT = 1;

/** How the process's threads are scheduled now. */
export type Scheduling = "fifo" | "nice" | "normal";

const mainPriority = 50;
const helperPriority = 51;

/**
 * Gives every thread of this process real-time priority (SCHED_FIFO), or where that is refused, nice -20. All of them,
 * because libuv's pool and V8's threads exist before the first line of a program runs, and the main thread waits for both:
 * while V8's threads sweep, it asks again and again whether they are done, and on a machine with no core to spare they
 * would never be, were they not above it. Later threads inherit the priority, and so do child processes: not for a process
 * that runs other people's programs.
 */
export function raiseScheduling(): Scheduling {
  const threads = readdirSync("/proc/self/task").map(Number);
  if (threads.every((thread) => setFifo(thread, thread === process.pid ? mainPriority : helperPriority))) return "fifo";
  return threads.every((thread) => libc.setpriority(PRIO_PROCESS, thread, -20) === 0) ? "nice" : "normal";
}

function setFifo(thread: number, priority: number): boolean {
  const parameter = Buffer.alloc(4);
  parameter.writeInt32LE(priority);
  return libc.sched_setscheduler(thread, SCHED_FIFO, parameter) === 0;
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
