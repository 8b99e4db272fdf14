import type { Instant } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { observeBalancer, observeMaintenance, observeTrack } from "../../node/standing.js";
import { becomeBackup, becomeInitialize, type RouterStep } from "./become.js";
import type { RouterEvent } from "./event.js";
import { observeActive, observeAdvert, observeTerm } from "./observe.js";
import type { InitializeState } from "./state.js";

/** Initialize: nothing is sent, but what arrives is kept for the start. */
export function stepInitialize(
  config: NodeConfig,
  state: InitializeState,
  event: RouterEvent,
  now: Instant,
): RouterStep {
  switch (event.type) {
    case "started":
      return state.stopped ? { state, effects: [] } : start(config, state, now);
    case "advertReceived":
      return { state: observeActive(observeAdvert(state, event, now), event, now), effects: [] };
    case "termSeen":
      return { state: observeTerm(state, event.term), effects: [] };
    case "trackChanged":
      return { state: observeTrack(state, event.track, event.ok), effects: [] };
    case "readinessChanged":
      return { state: { ...state, ready: event.ready }, effects: [] };
    case "maintenanceChanged":
      return { state: observeMaintenance(state, event.on), effects: [] };
    case "handoverPrepared":
      return { state, effects: [{ type: "refuseHandover", reason: "this node is not active" }] };
    case "balancerClosed":
      return becomeInitialize(state, "balancerLost");
    case "stopRequested":
      return becomeInitialize(state, "shutdown");
    case "balancerHeard":
    case "deadlineReached":
    case "leaseRenewed":
    case "leaseRefused":
    case "addressesRefused":
    case "addressRemoved":
      return { state, effects: [] };
  }
}

// RFC 9568 § 6.4.1: on Startup, set Active_Adver_Interval to Advertisement_Interval, set Active_Down_Timer to
// Active_Down_Interval and transition to Backup. Nobody owns the addresses (priority 255), so nobody starts as active.
function start(config: NodeConfig, initialize: InitializeState, now: Instant): RouterStep {
  const state = becomeBackup(config, observeBalancer(config, initialize, now), now);
  const { term } = state;
  return { state, effects: [{ type: "reportRole", from: "initialize", to: "backup", reason: "start", term }] };
}
