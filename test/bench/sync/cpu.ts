import { readFileSync } from "node:fs";

/** One tick of `utime` and `stime`, `USER_HZ`: 10 ms on every Linux that Node.js runs on. */
const tickMs = 10;

/** Time that these processes, all threads of them, have spent on a processor so far. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticks(pid) * tickMs, 0);
}

function ticks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // pid (comm) state …; comm may itself contain parentheses. Fields 14 and 15 of proc(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0; // it has ended meanwhile
  }
}
