import { after, type Instant } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { atOnce, type RouterStep, resign } from "./become.js";
import type { ActiveState } from "./state.js";

/** A lapsed lease is given up before anything else happens: another router may own the addresses by now. */
export function lapse(config: NodeConfig, state: ActiveState, now: Instant): RouterStep {
  if (state.leaseRefused) return standAside(config, state, now);
  return resign(config, state, { reason: "leaseLapsed", linger: atOnce }, now);
}

/** The kernel refused a renewal: what was granted before still lasts, and the next tick tries again. */
export function refuseLease(state: ActiveState, error: string): RouterStep {
  return { state: { ...state, leaseRefused: true }, effects: [{ type: "reportRefused", error }] };
}

/** Addresses move together: a node that cannot hold all holds none. */
export function refuseAddresses(config: NodeConfig, state: ActiveState, error: string, now: Instant): RouterStep {
  const { state: next, effects } = standAside(config, state, now);
  return { state: next, effects: [...effects, { type: "reportRefused", error }] };
}

function standAside(config: NodeConfig, state: ActiveState, now: Instant): RouterStep {
  const refused: ActiveState = { ...state, refusedUntil: after(now, config.refusalHoldoff) };
  return resign(config, refused, { reason: "kernelRefused", linger: atOnce }, now);
}
