import { type Instant, millisOf } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { effectivePriority, isEligible } from "../node/eligibility.js";
import { hasLapsed } from "../node/tenure.js";
import { claimsNow } from "./claim.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionEffect } from "./effect.js";
import { ownReach } from "./reach.js";
import type { ElectionState } from "./state.js";
import { peerHeard } from "./timing.js";

/** What giving up ownership says: nothing, that it is given up, or that it is given up as planned. */
export type Resignation = "none" | "accident" | "planned";

/**
 * The heartbeat a node would send now, to answer an unproven packet; `undefined` in initialize, which sends nothing, and
 * while the lease of an active node has lapsed and its machine has not seen that yet.
 */
export function currentHeartbeat(config: ElectionConfig, state: ElectionState, now: Instant): Heartbeat | undefined {
  if (state.role === "initialize" || (state.role === "active" && hasLapsed(state, now))) return undefined;
  return ownHeartbeat(config, state, now, "none");
}

/** Says on every path how this node stands. */
export function sendHeartbeat(
  config: ElectionConfig,
  state: ElectionState,
  now: Instant,
  resignation: Resignation = "none",
): ElectionEffect {
  return { type: "sendHeartbeat", heartbeat: ownHeartbeat(config, state, now, resignation) };
}

function ownHeartbeat(config: ElectionConfig, state: ElectionState, now: Instant, resignation: Resignation): Heartbeat {
  return {
    role: state.role === "active" ? "active" : "backup",
    priority: effectivePriority(config, state),
    term: state.term,
    interval: millisOf(config.interval),
    resigning: resignation !== "none",
    planned: resignation === "planned",
    eligible: isEligible(config, state),
    ready: state.ready,
    maintenance: state.maintenance,
    hearing: peerHeard(config, state, now),
    claiming: state.role === "backup" && resignation === "none" && claimsNow(config, state, now),
    reach: ownReach(config, state),
  };
}
