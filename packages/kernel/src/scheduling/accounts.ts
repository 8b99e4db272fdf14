import { readFileSync } from "node:fs";
import { type Instant, type Millis, millisOf } from "@vipair/model";
import { bootClock, monotonicClock } from "../clock/boot-clock.js";

/** What the kernel's clocks and accounts say of the main thread at one moment; what it does not keep is `undefined`. */
export interface Accounts {
  readonly at: Instant;
  /** How long the machine has been suspended since boot. */
  readonly suspended: Millis;
  /** How long the thread has run, and how long it was ready to and waited for a CPU. */
  readonly ran: Millis | undefined;
  readonly waited: Millis | undefined;
  /** Of each CPU, how long the hypervisor ran others while it had something to do. */
  readonly stolen: readonly Millis[];
}

/** Takes some 50 µs: two files of /proc are read. */
export function readAccounts(): Accounts {
  const at = bootClock();
  const suspended = millisOf(at - monotonicClock());
  // `sum_exec_runtime run_delay pcount`, in nanoseconds; of a process, its main thread.
  const [ran, waited] = numbersOf("/proc/self/schedstat", /\d+/g);
  // `cpu0 user nice system idle iowait irq softirq steal …`, in ticks of USER_HZ, which is 100 on every architecture.
  const stolen = numbersOf("/proc/stat", /^cpu\d+ (?:\d+ ){7}(\d+)/gm);
  return {
    at,
    suspended,
    ran: scaled(ran, 1e-6),
    waited: scaled(waited, 1e-6),
    stolen: stolen.map((ticks) => millisOf(ticks * 10)),
  };
}

const scaled = (value: number | undefined, factor: number): Millis | undefined =>
  value === undefined ? undefined : millisOf(value * factor);

/** Of each match the group, or all of it, as a number; none when there is no such file. */
function numbersOf(file: string, pattern: RegExp): number[] {
  try {
    return [...readFileSync(file, "latin1").matchAll(pattern)].map(([all, group]) => Number(group ?? all));
  } catch {
    return [];
  }
}
