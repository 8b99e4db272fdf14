import type { OutageResult } from "./outage.js";
import type { PeakResult } from "./peak.js";
import type { RecordsResult } from "./records.js";
import type { SnapshotResult } from "./snapshot.js";
import type { StreamResult } from "./stream.js";
import type { SurvivalBench } from "./survival.js";

export const bounds = {
  lost: 0,
  latencyP99Ms: 50,
  perSecond: 20_000,
  snapshotMs: 10_000,
  caughtUpMs: 2_000,
} as const;

/** Nothing lost, nothing left over, all as it was, and the rate that was asked for. */
export function missedByStream({ perSecond, achievedPerSecond, created, tables }: StreamResult): string[] {
  const at = `at ${perSecond} a second`;
  return sentences([
    [tables.missing <= bounds.lost, `${tables.missing} of ${created} lost ${at}`],
    [tables.surplus === 0, `${tables.surplus} of ${created} outlived their end ${at}`],
    [tables.altered === 0, `${tables.altered} of ${created} not as they were ${at}`],
    [achievedPerSecond >= 0.95 * perSecond, `only ${achievedPerSecond} connections a second came about ${at}`],
  ]);
}

export function missedByLatency({ births }: StreamResult): string[] {
  const sentence = `p99 ${births.p99} ms from birth to the standby, bound ${bounds.latencyP99Ms} ms`;
  return sentences([[births.p99 <= bounds.latencyP99Ms, sentence]]);
}

export function missedByPeaks(ours: PeakResult, theirs: PeakResult): string[] {
  return sentences([
    [ours.perSecond >= bounds.perSecond, `sustains ${ours.perSecond}/s, bound ${bounds.perSecond}: ${ours.endedBy}`],
    [ours.perSecond > theirs.perSecond, `sustains ${ours.perSecond}/s, conntrackd ${theirs.perSecond}/s`],
  ]);
}

export function missedBySnapshot({ readyAfterMs, missingWhenReady, tables, roleChanges }: SnapshotResult): string[] {
  const beside = `beside ${tables.existing} connections`;
  const ready = readyAfterMs ?? Number.POSITIVE_INFINITY;
  return sentences([
    [ready <= bounds.snapshotMs, `ready after ${ready} ms ${beside}, bound ${bounds.snapshotMs} ms`],
    [(missingWhenReady ?? 0) === 0, `said it was ready with ${missingWhenReady} missing ${beside}`],
    [tables.missing <= bounds.lost, `${tables.missing} missing after the snapshot ${beside}`],
    [roleChanges === 0, `${roleChanges} role changes during the snapshot`],
  ]);
}

export function missedByOutage({ caughtUpAfterMs, readyAfterMs, tables }: OutageResult): string[] {
  const ready = readyAfterMs ?? Number.POSITIVE_INFINITY;
  const bound = `ms after the link was back, bound ${bounds.caughtUpMs} ms`;
  return sentences([
    [caughtUpAfterMs <= bounds.caughtUpMs, `what was missed was there ${caughtUpAfterMs} ${bound}`],
    [ready <= bounds.caughtUpMs, `in step ${ready} ${bound}`],
    [tables.missing + tables.surplus === 0, `${tables.missing} missing, ${tables.surplus} left over after the outage`],
  ]);
}

export const missedByRecords = ({ count, protected: safe }: RecordsResult): string[] =>
  sentences([[safe === count, `${safe} of ${count} records protected`]]);

export const missedBySurvival = ({ vipair }: SurvivalBench): string[] =>
  sentences(
    vipair.map(({ target, cause, lost, connections, because }) => [
      lost <= bounds.lost,
      `${target}, ${cause}: ${lost} of ${connections} connections lost: ${JSON.stringify(because)}`,
    ]),
  );

const sentences = (checks: readonly (readonly [ok: boolean, sentence: string])[]): string[] =>
  checks.flatMap(([ok, sentence]) => (ok ? [] : [sentence]));
