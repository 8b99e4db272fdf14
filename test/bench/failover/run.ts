import type { OwnershipReport } from "../../arp/ownership.js";

/** The bounds that were missed, each with the run in which it was. */
export const missedInRuns = <Run>(runs: readonly Run[], missedOf: (run: Run) => readonly string[]): string[] =>
  runs.flatMap((one, index) => missedOf(one).map((text) => `run ${index + 1}: ${text}`));

export const ownersText = ({ overlap, overlapMs }: OwnershipReport): string =>
  overlap ? `two owners for ${overlapMs} ms` : "one owner";
