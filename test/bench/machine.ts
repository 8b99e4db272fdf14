import { readFileSync } from "node:fs";

/** One tick, `USER_HZ`: 10 ms on every Linux that Node.js runs on. */
const tickMs = 10;

/**
 * Time that all processors together have been busy so far, in ms: processes, interrupts and soft interrupts. Where client,
 * balancer and servers share the processors, this is what a hop costs; whose packet a soft interrupt works on cannot be told.
 */
export function machineBusyMs(): number {
  // proc(5): cpu user nice system idle iowait irq softirq steal …
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] =
    readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/\s+/).map(Number) ?? [];
  return (user + nice + system + irq + softirq) * tickMs;
}
