import { after, type Instant } from "@vipair/model";
import { type ElectionStep, stepDown } from "./become.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionEvent } from "./event.js";
import type { ActiveState } from "./state.js";

/**
 * The lease is what makes a node active; the kernel ends it when the node does not renew it. The state keeps its end a
 * little too early: it counts from the moment the renewal was decided, the kernel from the moment it was done.
 */

/** Asks for a renewal; the outcome tells whether it was granted. */
export const renewLease = (state: ActiveState, now: Instant): ActiveState => ({ ...state, leaseRequestedAt: now });

/** The state after a granted renewal; any other event leaves the lease as it is. */
export function grantLease(config: ElectionConfig, state: ActiveState, event: ElectionEvent): ActiveState {
  if (event.type !== "leaseRenewed") return state;
  return { ...state, leaseUntil: after(state.leaseRequestedAt, config.leaseTtl), leaseRefused: false };
}

/** Whether the node was stalled, or refused, for longer than its lease lasts. */
export const hasLapsed = (state: ActiveState, now: Instant): boolean => now >= state.leaseUntil;

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
