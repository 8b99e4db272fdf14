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
  /** Established TCP connections that broke, of those that lived before; `undefined` where none are watched. */
  readonly connections: { readonly lost: number; readonly of: number } | undefined;
  readonly twoOwners: boolean;
  readonly bound: string;
  /** What was missed; empty when the row passed. */
  readonly missed: readonly string[];
}

/** Whatever the cause, established connections survive it. */
export function failoverRow(failover: Failover, connections: { lost: number; of: number }): Row {
  const cause = causes[failover.cause];
  const http = failover.failover.http;
  const missed = missedBounds(failover, cause);
  if (cause.lost === 0 && http && http.failed > 0) missed.push(`${http.failed} HTTP requests failed`);
  if (connections.lost > 0) missed.push(`${connections.lost} of ${connections.of} connections lost`);
  return { ...row(cause.title, failover.failover, boundText(cause), missed), connections };
}

export function row(title: string, { meter, ownership, http }: Observation, bound: string, missed: string[]): Row {
  return {
    title,
    gapMs: meter.gapMs,
    lost: meter.lost,
    httpFailed: http?.failed ?? 0,
    httpSlowestMs: http?.slowestMs ?? 0,
    connections: undefined,
    twoOwners: ownership.overlap,
    bound,
    missed,
  };
}

const boundText = (cause: Cause): string => `gap ≤ ${cause.gapMs} ms${cause.lost === 0 ? ", none lost" : ""}`;
