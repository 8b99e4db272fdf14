import type { Source } from "@vipair/sync";
import type { Entry, SimulatedConntrack } from "../kernel/conntrack.js";
import { keyOf } from "../kernel/record.js";

/**
 * What a planned hand-over carries over beside the stream: what stray frames still bring about at the former owner, and
 * what the standby had not confirmed. Never what came by replication, which the new owner knows better.
 */

/** The connections that need not be carried: the standby has them as they are. */
export function confirmedBy(source: Source | undefined, { entries }: SimulatedConntrack): Set<string> {
  const isConfirmed = ({ tuple }: Entry): boolean => source?.standing(keyOf(tuple), 0) === "protected";
  return new Set([...entries.values()].filter(isConfirmed).map(name));
}

/** The connections that traffic brought about and that are not among the carried ones, which they join. */
export function takeStrays({ entries }: SimulatedConntrack, carried: Set<string>): readonly Entry[] {
  const strays = [...entries.values()].filter((entry) => !entry.isCopy && !carried.has(name(entry)));
  for (const entry of strays) carried.add(name(entry));
  return strays;
}

const name = ({ tuple, state }: Entry): string => `${tuple} ${state}`;
