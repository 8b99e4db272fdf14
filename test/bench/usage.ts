import { readFileSync } from "node:fs";
import type { Host } from "../topology/host.js";
import { round } from "./statistics.js";

/** One tick of `utime` and `stime`, `USER_HZ`: 10 ms on every Linux that Node.js runs on. */
const tickMs = 10;

/** Time that these processes, all threads of them, have spent on a processor so far. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticks(pid) * tickMs, 0);
}

/**
 * Time that all processors of the host's machine have been busy so far, together, in ms: processes, interrupts and soft interrupts. Where client,
 * balancer and servers share the processors, this is what a hop costs; whose packet a soft interrupt works on cannot be told.
 */
export async function machineBusyMs(host: Host): Promise<number> {
  const text = host.machine.isHere ? readFileSync("/proc/stat", "utf8") : await host.check(["cat", "/proc/stat"]);
  // proc(5): cpu user nice system idle iowait irq softirq steal …
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    text.split("\n", 1)[0]?.split(/\s+/).map(Number) ?? [];
  return (user + nice + system + irq + softirq) * tickMs;
}

/** Memory that these processes have resident; what they share counts for each. */
export function residentMb(pids: readonly number[]): number {
  return round(pids.reduce((sum, pid) => sum + residentKb(pid), 0) / 1_024);
}

function ticks(pid: number): number {
  const stat = readProcess(pid, "stat");
  // pid (comm) state …; comm may itself contain parentheses. Fields 14 and 15 of proc(5).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

const residentKb = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProcess(pid, "status"))?.[1] ?? 0);

/** Empty when it has ended meanwhile. */
function readProcess(pid: number, file: "stat" | "status"): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
