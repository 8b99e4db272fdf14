import { after, type Instant } from "@vipair/model";
import { type ElectionStep, stepDown } from "./become.js";
import type { ElectionConfig } from "./config.js";
import type { ActiveState } from "./state.js";

/** A lapsed lease is given up before anything else happens: the peer may own the addresses by now. */
export function lapse(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  if (state.leaseRefused) return standAside(config, state, now);
  const lapsed = stepDown(config, state, { reason: "leaseLapsed", resignation: "accident" }, now);
  const { effects } = lapsed;
  return lapsed.state.role === "backup" ? { state: { ...lapsed.state, wokeAt: now }, effects } : lapsed;
}

/** The kernel refused a renewal: what was granted before still lasts, and the next tick tries again. */
export function refuseLease(state: ActiveState, error: string): ElectionStep {
  return { state: { ...state, leaseRefused: true }, effects: [{ type: "reportRefused", error }] };
}

/** Addresses move together: a node that cannot hold all holds none. */
export function refuseAddresses(config: ElectionConfig, state: ActiveState, error: string, now: Instant): ElectionStep {
  const { state: next, effects } = standAside(config, state, now);
  return { state: next, effects: [...effects, { type: "reportRefused", error }] };
}

function standAside(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  const refused: ActiveState = { ...state, refusedUntil: after(now, config.refusalHoldoff) };
  return stepDown(config, refused, { reason: "kernelRefused", resignation: "accident" }, now);
}
