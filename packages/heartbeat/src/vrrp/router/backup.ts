import { after, elapsed, type Instant, type RoleReason } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { effectivePriority, isEligible } from "../../node/eligibility.js";
import { expireStanding, observeBalancer, observeMaintenance, observeTrack } from "../../node/standing.js";
import { downInterval, skewTime } from "../../node/timing.js";
import { becomeActive, becomeInitialize, type RouterStep, restartDownTimer } from "./become.js";
import type { AdvertReceived, RouterEvent } from "./event.js";
import { observeActive, observeAdvert, observeTerm } from "./observe.js";
import { isPreempting, notePreemption } from "./preemption.js";
import type { BackupState } from "./state.js";

/**
 * Backup: says nothing, listens, and takes over when Active_Down_Timer fires.
 *
 * Departs from RFC 9568 § 6.4.1: a node that may not serve (a track failed, maintenance, …) stays Backup without a timer
 * instead of going to Initialize, so that it goes on hearing who serves. To others both are the same: silence.
 */
export function stepBackup(config: NodeConfig, state: BackupState, event: RouterEvent, now: Instant): RouterStep {
  const stay = (next: BackupState): RouterStep => ({ state: settle(config, next, now), effects: [] });
  switch (event.type) {
    case "advertReceived":
      return stay(receiveAdvert(config, observeAdvert(state, event, now), event, now));
    case "termSeen":
      return stay(observeTerm(state, event.term));
    case "deadlineReached":
      return reachDeadline(config, state, now);
    case "trackChanged":
      return stay(observeTrack(state, event.track, event.ok));
    case "readinessChanged":
      return stay({ ...state, ready: event.ready });
    case "maintenanceChanged":
      return stay(observeMaintenance(state, event.on));
    case "balancerHeard":
      return stay(observeBalancer(config, state, now));
    case "balancerClosed":
      return becomeInitialize(state, "balancerLost");
    case "handoverPrepared":
      return { state, effects: [{ type: "refuseHandover", reason: "this node is not active" }] };
    // RFC 9568 § 6.4.2: on Shutdown, cancel Active_Down_Timer and transition to Initialize.
    case "stopRequested":
      return becomeInitialize(state, "shutdown");
    case "started":
    case "leaseRenewed":
    case "leaseRefused":
    case "addressesRefused":
    case "addressRemoved":
      return { state, effects: [] };
  }
}

function receiveAdvert(config: NodeConfig, state: BackupState, advert: AdvertReceived, now: Instant): BackupState {
  if (advert.priority === 0) return receiveResignation(config, state, now);
  const seen = notePreemption(config, observeActive(state, advert, now), advert, now);
  // RFC 9568 § 6.4.2: Preempt_Mode is True and the priority is less than the local one: discard the ADVERTISEMENT.
  if (isPreempting(config, seen, now)) return seen;
  // RFC 9568 § 6.4.2: otherwise set Active_Adver_Interval to the Max Advertise Interval of the ADVERTISEMENT, recompute
  // Skew_Time and Active_Down_Interval, and set Active_Down_Timer to the latter.
  return restartDownTimer(config, { ...seen, activeInterval: advert.interval }, now);
}

// RFC 9568 § 6.4.2: priority 0: set Active_Down_Timer to Skew_Time.
function receiveResignation(config: NodeConfig, state: BackupState, now: Instant): BackupState {
  const skew = skewTime(effectivePriority(config, state), state.activeInterval);
  return { ...state, peer: undefined, activeDownAt: after(now, skew), resigned: true, yielded: false };
}

/** A node that is not eligible waits for nothing; one that became eligible waits a whole Active_Down_Interval. */
function settle(config: NodeConfig, state: BackupState, now: Instant): BackupState {
  if (!isEligible(config, state)) return { ...state, activeDownAt: undefined, preemptSince: undefined };
  return state.activeDownAt === undefined ? restartDownTimer(config, state, now) : state;
}

function reachDeadline(config: NodeConfig, before: BackupState, now: Instant): RouterStep {
  const state = settle(config, expireStanding(before, now), now);
  const { activeDownAt } = state;
  if (activeDownAt === undefined || now < activeDownAt) return { state, effects: [] };
  // Departs from RFC 9568 § 6.4.2: a node that slept past the timer by more than an interval was stalled itself: what it
  // missed says nothing of the active router. It waits one interval for an ADVERTISEMENT, once.
  if (elapsed(activeDownAt, now) > state.activeInterval && !state.postponed) {
    return { state: { ...state, activeDownAt: after(now, state.activeInterval), postponed: true }, effects: [] };
  }
  // RFC 9568 § 6.4.2: Active_Down_Timer fires.
  return becomeActive(config, state, takeoverReason(config, state, now), now);
}

function takeoverReason(config: NodeConfig, state: BackupState, now: Instant): RoleReason {
  const { peer, resigned } = state;
  if (resigned) return "resignation";
  const heard = peer !== undefined && elapsed(peer.heardAt, now) <= downInterval(peer.priority, peer.interval);
  return heard && isPreempting(config, state, now) ? "preemption" : "silence";
}
