import type { Instant } from "@vipair/model";
import { observeBalancer, observeMaintenance, observeTrack } from "../node/standing.js";
import { becomeBackup, becomeInitialize, type ElectionStep } from "./become.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionEvent } from "./event.js";
import { observeDeath, observeHeartbeat } from "./observe.js";
import { ownReach } from "./reach.js";
import { sendHeartbeat } from "./speech.js";
import type { InitializeState } from "./state.js";

/** Initialize: nothing is sent, but what arrives is kept for the start. */
export function stepInitialize(
  config: ElectionConfig,
  state: InitializeState,
  event: ElectionEvent,
  now: Instant,
): ElectionStep {
  switch (event.type) {
    case "started":
      return state.stopped ? { state, effects: [] } : start(config, state, now);
    case "heartbeatReceived":
      return { state: observeHeartbeat(state, event.heartbeat, now), effects: [] };
    case "lifelineClosed":
      return { state: observeDeath(state), effects: [] };
    case "trackChanged":
      return { state: observeTrack(state, event.track, event.ok), effects: [] };
    case "readinessChanged":
      return { state: { ...state, ready: event.ready }, effects: [] };
    case "serversCounted":
      return { state: { ...state, servers: event.servers }, effects: [] };
    case "maintenanceChanged":
      return { state: observeMaintenance(state, event.on), effects: [] };
    case "handoverPrepared":
      return { state, effects: [{ type: "refuseHandover", reason: "this node is not active" }] };
    case "balancerClosed":
      return becomeInitialize(config, state, { reason: "balancerLost", resignation: "accident" }, now);
    case "stopRequested":
      return becomeInitialize(config, state, { reason: "shutdown", resignation: "accident" }, now);
    case "witnessReached":
    case "balancerHeard":
    case "deadlineReached":
    case "leaseRenewed":
    case "leaseRefused":
    case "addressesRefused":
    case "addressRemoved":
      return { state, effects: [] };
  }
}

// RFC 9568 § 6.4.1: on Startup, set Active_Adver_Interval to Advertisement_Interval, set Active_Down_Timer and
// transition to Backup. Departs from RFC 9568 § 6.4.1: nobody owns the addresses (priority 255), so nobody starts as
// active; and the backup says that it is there.
function start(config: ElectionConfig, initialize: InitializeState, now: Instant): ElectionStep {
  const state = becomeBackup(config, observeBalancer(config, initialize, now), now);
  const { term } = state;
  return {
    state,
    effects: [
      sendHeartbeat(config, state, now),
      { type: "reportRole", from: "initialize", to: "backup", reason: "start", term, reach: ownReach(config, state) },
    ],
  };
}
