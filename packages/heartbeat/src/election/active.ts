import type { Instant } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { failedDecisiveTrack } from "../node/eligibility.js";
import { observeBalancer, observeMaintenance, observeTrack } from "../node/standing.js";
import { announceAnew, keepAddresses, renewLease, restoreAddress } from "../node/tenure.js";
import { nextTick } from "../node/timing.js";
import { becomeInitialize, type ElectionStep, stepDown } from "./become.js";
import type { ElectionConfig } from "./config.js";
import { mayHaveOwned, stepConflict } from "./conflict.js";
import type { ElectionEvent } from "./event.js";
import { handOver, hearClaim, letGo, stop, yieldToClaim } from "./handover.js";
import { refuseAddresses, refuseLease } from "./lease.js";
import { observeDeath, observeHeartbeat } from "./observe.js";
import { sendHeartbeat } from "./speech.js";
import type { ActiveState } from "./state.js";

/** Active: holds the addresses as long as its lease lives; the caller has seen to it that it does. */
export function stepActive(
  config: ElectionConfig,
  state: ActiveState,
  event: ElectionEvent,
  now: Instant,
): ElectionStep {
  switch (event.type) {
    case "heartbeatReceived":
      return receiveHeartbeat(config, state, event.heartbeat, now);
    case "lifelineClosed":
      return assertLife(config, observeDeath(state), now);
    case "deadlineReached":
      return reachDeadline(config, state, now);
    case "trackChanged":
      return checkTracks(config, observeTrack(state, event.track, event.ok), now);
    case "readinessChanged":
      return { state: { ...state, ready: event.ready }, effects: [] };
    case "serversCounted":
      return { state: { ...state, servers: event.servers }, effects: [] };
    case "maintenanceChanged":
      return event.on ? letGo(config, observeMaintenance(state, true), false, now) : { state, effects: [] };
    case "balancerHeard":
      return { state: observeBalancer(config, state, now), effects: [] };
    case "balancerClosed":
      return becomeInitialize(config, state, { reason: "balancerLost", resignation: "accident" }, now);
    case "handoverPrepared":
      return handOver(config, state, event.force, now);
    case "leaseRenewed":
      return { state, effects: [] };
    case "leaseRefused":
      return refuseLease(state, event.error);
    case "addressesRefused":
      return refuseAddresses(config, state, event.error, now);
    case "addressRemoved":
      return restoreAddress(config, state, event.address, now);
    case "stopRequested":
      return stop(config, state, now);
    case "started":
    case "witnessReached":
      return { state, effects: [] };
  }
}

function receiveHeartbeat(
  config: ElectionConfig,
  before: ActiveState,
  heartbeat: Heartbeat,
  now: Instant,
): ElectionStep {
  const state = observeHeartbeat(before, heartbeat, now);
  if (heartbeat.role === "active") return stepConflict(config, state, heartbeat, now);
  const heard: ActiveState = { ...state, conflictSince: undefined, deafSince: undefined };
  const mayMislead = mayHaveOwned(config, before, heartbeat, now);
  const { state: alone, effects } = mayMislead ? announceAnew(config, heard, now) : { state: heard, effects: [] };
  // RFC 9568 § 6.4.3: priority 0: send an ADVERTISEMENT.
  if (heartbeat.resigning) return { state: alone, effects: [...effects, sendHeartbeat(config, alone, now)] };
  const claimed = hearClaim(config, alone, heartbeat, now);
  return { state: claimed.state, effects: [...effects, ...claimed.effects] };
}

/** A peer that lost the lifeline though this node lives must hear so before its grace is over. */
function assertLife(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  return { state, effects: [sendHeartbeat(config, state, now)] };
}

function checkTracks(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  const track = failedDecisiveTrack(config, state);
  if (track === undefined) return { state, effects: [] };
  const reason = track.startsWith("interface ") ? "interfaceDown" : "trackFailed";
  return stepDown(config, state, { reason, resignation: "accident" }, now);
}

function reachDeadline(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  if (state.balancerDeadline !== undefined && now >= state.balancerDeadline) {
    const orphan: ActiveState = { ...state, balancerDeadline: undefined };
    return stepDown(config, orphan, { reason: "balancerLost", resignation: "accident" }, now);
  }
  if (state.yieldAt === undefined || now < state.yieldAt) return tick(config, state, now);
  return yieldToClaim(config, state, now) ?? tick(config, { ...state, yieldAt: undefined }, now);
}

// RFC 9568 § 6.4.3: Adver_Timer fires: send an ADVERTISEMENT, reset the timer. Departs from RFC 9568 § 6.4.3: the lease
// is renewed before, so that nobody hears of an ownership that the kernel has not granted.
function tick(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  if (now < state.heartbeatAt) return keepAddresses(config, state, now);
  const renewed = renewLease({ ...state, heartbeatAt: nextTick(state.heartbeatAt, config.interval, now) }, now);
  const kept = keepAddresses(config, renewed, now);
  return {
    state: kept.state,
    effects: [{ type: "renewLease", ttl: config.leaseTtl }, sendHeartbeat(config, kept.state, now), ...kept.effects],
  };
}
