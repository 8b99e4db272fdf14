import type { Cause } from "./cause.js";
import { causes } from "./cause.js";
import { type Failover, missedBounds, type Observation } from "./measure.js";

/** One line of the table that the lab prints: what the client saw of one event, and what was allowed. */
export interface Row {
  readonly title: string;
  readonly gapMs: number;
  readonly lost: number;
  readonly httpFailed: number;
  readonly httpSlowestMs: number;
  readonly twoOwners: boolean;
  readonly bound: string;
  /** What was missed; empty when the row passed. */
  readonly missed: readonly string[];
}

export function failoverRow(failover: Failover): Row {
  const cause = causes[failover.cause];
  const http = failover.failover.http;
  const missed = missedBounds(failover, cause);
  if (cause.lost === 0 && http && http.failed > 0) missed.push(`${http.failed} HTTP requests failed`);
  return row(cause.title, failover.failover, boundText(cause), missed);
}

export function row(title: string, { meter, ownership, http }: Observation, bound: string, missed: string[]): Row {
  return {
    title,
    gapMs: meter.gapMs,
    lost: meter.lost,
    httpFailed: http?.failed ?? 0,
    httpSlowestMs: http?.slowestMs ?? 0,
    twoOwners: ownership.overlap,
    bound,
    missed,
  };
}

const boundText = (cause: Cause): string => `gap ≤ ${cause.gapMs} ms${cause.lost === 0 ? ", none lost" : ""}`;
