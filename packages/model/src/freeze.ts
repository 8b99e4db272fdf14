/** Why a process did not run although it wanted to. */
export type FreezeCause =
  | "suspended" // the machine slept
  | "starved" // it was ready to run, and others did; or the hypervisor ran other machines
  | "busy" // it was at work all the time, on one thing
  | "stopped"; // by a signal or a debugger: it was not even ready to run

/** What a node tells of its last freeze. Its end is said twice: to be told apart, and for whoever has another clock. */
export interface FreezeReport {
  /** When it ended, on the wall clock of the node that was frozen: ISO 8601. */
  readonly at: string;
  /** How long before the report it ended, in milliseconds. */
  readonly agoMs: number;
  readonly lastedMs: number;
  readonly cause: FreezeCause;
  /** How much of it the hypervisor ran other machines; absent when it says nothing of that. */
  readonly stealMs?: number;
}

/** A freeze for people: `frozen for 2.8 s (starved, steal 2.1 s)`. */
export function freezePhrase({
  lastedMs,
  cause,
  stealMs,
}: Pick<FreezeReport, "lastedMs" | "cause" | "stealMs">): string {
  const stolen = stealMs === undefined ? "" : `, steal ${seconds(stealMs)}`;
  return `frozen for ${seconds(lastedMs)} (${cause}${stolen})`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(ms < 1_000 ? 2 : 1)} s`;
