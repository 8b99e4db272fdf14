import type { Accounts } from "@vipair/kernel";
import { elapsed, type FreezeCause, type Instant, type Millis, millisOf } from "@vipair/model";

/** A time in which this process did not run although a timer of its was due. */
export interface Freeze {
  readonly from: Instant;
  readonly until: Instant;
  readonly cause: FreezeCause;
  /** How much of it the hypervisor ran other machines; absent when it says nothing of that. */
  readonly stealMs?: number;
}

/** Explains a freeze by what the kernel's accounts say before and after it. */
export function explainFreeze(from: Instant, before: Accounts, now: Accounts): Freeze {
  const lasted = elapsed(from, now.at);
  // Of the CPU that lost most: the sum would take a little of each of many for a freeze.
  const losses = now.stolen.map((after, cpu) => growth(before.stolen[cpu], after));
  const stolen = Math.min(lasted, Math.max(0, ...losses));
  const freeze = { from, until: now.at, cause: causeOf(lasted, before, now, millisOf(stolen)) };
  return stolen > 0 ? { ...freeze, stealMs: Math.round(stolen) } : freeze;
}

function causeOf(lasted: Millis, before: Accounts, now: Accounts, stolen: Millis): FreezeCause {
  const most = lasted / 2;
  if (growth(before.suspended, now.suspended) > most) return "suspended";
  if (growth(before.waited, now.waited) + stolen > most) return "starved";
  if (growth(before.ran, now.ran) > most) return "busy";
  return "stopped";
}

const growth = (before: number | undefined, now: number | undefined): number =>
  before === undefined || now === undefined ? 0 : Math.max(0, now - before);
