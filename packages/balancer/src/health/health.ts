import type { Health } from "@vipair/model";

/**
 * The health of one server.
 *
 *                 first result: ok                 `rise` successes in a row
 *     unknown ───────────────────────▶  up  ◀──────────────────────────────────┐
 *        │                               │                                     │
 *        │      first result: not ok     │ `fall` failures in a row            │
 *        └───────────────────────────────┴──────────────────────────────▶    down
 *
 * The first result decides at once, so that a node that starts is ready after one round of probes. From then on a
 * change needs a run of results against the present health, and one result for it ends the run.
 */
export interface HealthState {
  readonly health: Health;
  /** Results in a row that speak against `health`; always 0 while unknown. */
  readonly against: number;
}

/** How many results in a row it takes. */
export interface Thresholds {
  readonly rise: number;
  readonly fall: number;
}

export const unknownHealth: HealthState = { health: "unknown", against: 0 };
export const alwaysUp: HealthState = { health: "up", against: 0 };

/** The health after one more result. */
export function stepHealth(state: HealthState, ok: boolean, { rise, fall }: Thresholds): HealthState {
  const shown: Health = ok ? "up" : "down";
  if (state.health === "unknown" || state.health === shown) return { health: shown, against: 0 };
  const against = state.against + 1;
  return against >= (ok ? rise : fall) ? { health: shown, against: 0 } : { health: state.health, against };
}

/** What the last result was, and how far a run against the present health has come: `timeout …, failure 1 of 3`. */
export function explainResult(state: HealthState, because: string, { rise, fall }: Thresholds): string {
  if (state.against === 0) return because;
  return state.health === "up"
    ? `${because}, failure ${state.against} of ${fall}`
    : `${because}, success ${state.against} of ${rise}`;
}
