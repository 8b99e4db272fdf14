import { after, elapsed, type Instant } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { effectivePriority, failedDecisiveTrack } from "../../node/eligibility.js";
import { observeBalancer, observeMaintenance, observeTrack } from "../../node/standing.js";
import { keepAddresses, renewLease, restoreAddress } from "../../node/tenure.js";
import { downInterval, earliest, nextTick } from "../../node/timing.js";
import {
  atOnce,
  becomeBackup,
  becomeInitialize,
  type RouterStep,
  releaseEffects,
  reportRole,
  resign,
} from "./become.js";
import type { RouterEffect } from "./effect.js";
import type { AdvertReceived, RouterEvent } from "./event.js";
import { refuseAddresses, refuseLease } from "./lease.js";
import { observeActive, observeAdvert, observeTerm } from "./observe.js";
import { prevails } from "./rank.js";
import type { ActiveState } from "./state.js";

/** Active: holds the addresses as long as its lease lives; the caller has seen to it that it does. */
export function stepActive(config: NodeConfig, state: ActiveState, event: RouterEvent, now: Instant): RouterStep {
  switch (event.type) {
    case "advertReceived":
      return receiveAdvert(config, observeAdvert(state, event, now), event, now);
    case "termSeen":
      return { state: observeTerm(state, event.term), effects: [] };
    case "deadlineReached":
      return reachDeadline(config, state, now);
    case "trackChanged":
      return checkTracks(config, observeTrack(state, event.track, event.ok), now);
    case "readinessChanged":
      return { state: { ...state, ready: event.ready }, effects: [] };
    case "maintenanceChanged":
      return event.on ? handOver(config, observeMaintenance(state, true), now) : { state, effects: [] };
    case "balancerHeard":
      return { state: observeBalancer(config, state, now), effects: [] };
    case "balancerClosed":
      return becomeInitialize(state, "balancerLost");
    // A backup is silent, so this router cannot know whether one is there: the balancer has looked.
    case "handoverPrepared":
      return handOver(config, { ...state, yielded: true }, now);
    case "leaseRefused":
      return refuseLease(state, event.error);
    case "addressesRefused":
      return refuseAddresses(config, state, event.error, now);
    case "addressRemoved":
      return restoreAddress(config, state, event.address, now);
    // RFC 9568 § 6.4.3: on Shutdown, cancel Adver_Timer, send an ADVERTISEMENT with priority 0, transition to Initialize.
    case "stopRequested":
      return becomeInitialize(state, "shutdown");
    case "leaseRenewed":
    case "started":
      return { state, effects: [] };
  }
}

function receiveAdvert(config: NodeConfig, state: ActiveState, advert: AdvertReceived, now: Instant): RouterStep {
  // RFC 9568 § 6.4.3: priority 0: send an ADVERTISEMENT, reset Adver_Timer to Advertisement_Interval.
  if (advert.priority === 0) return advertise(config, { ...state, adverAt: after(now, config.interval) }, now);
  return prevails(config, state, advert, now)
    ? yieldTo(config, state, advert, now)
    : assert(config, state, advert, now);
}

// RFC 9568 § 6.4.3: cancel Adver_Timer, set Active_Adver_Interval to the Max Advertise Interval of the ADVERTISEMENT, set
// Active_Down_Timer to Active_Down_Interval and transition to Backup.
function yieldTo(config: NodeConfig, from: ActiveState, advert: AdvertReceived, now: Instant): RouterStep {
  const follower = observeActive({ ...from, activeInterval: advert.interval }, advert, now);
  const state = becomeBackup(config, follower, now);
  const conflict: RouterEffect = { type: "reportConflict", yields: true };
  return { state, effects: [...releaseEffects(atOnce), reportRole(from, state, "yielded"), conflict] };
}

// RFC 9568 § 6.4.3: discard the ADVERTISEMENT and send one immediately, to assert the Active state and to update learning
// bridges. The neighbours may have learnt the other router's place, so the addresses are announced too: at once, and as
// long as it goes on once in an interval.
function assert(config: NodeConfig, before: ActiveState, advert: AdvertReceived, now: Instant): RouterStep {
  const announceAt = earliest(before.announceAt, after(now, config.interval)) ?? before.announceAt;
  const state: ActiveState = { ...before, contestedAt: now, announceAt };
  const effects: RouterEffect[] = [{ type: "sendAdvertisement", priority: effectivePriority(config, state) }];
  if (wasUndisputed(before, advert, now)) {
    effects.push({ type: "announceAddresses" }, { type: "reportConflict", yields: false });
  }
  return { state, effects };
}

const wasUndisputed = ({ contestedAt }: ActiveState, { priority, interval }: AdvertReceived, now: Instant): boolean =>
  contestedAt === undefined || elapsed(contestedAt, now) > downInterval(priority, interval);

function checkTracks(config: NodeConfig, state: ActiveState, now: Instant): RouterStep {
  const track = failedDecisiveTrack(config, state);
  if (track === undefined) return { state, effects: [] };
  const reason = track.startsWith("interface ") ? "interfaceDown" : "trackFailed";
  return resign(config, state, { reason, linger: atOnce }, now);
}

const handOver = (config: NodeConfig, state: ActiveState, now: Instant): RouterStep =>
  resign(config, state, { reason: "handover", linger: config.lingerFor }, now);

function reachDeadline(config: NodeConfig, state: ActiveState, now: Instant): RouterStep {
  if (state.balancerDeadline !== undefined && now >= state.balancerDeadline) {
    const orphan: ActiveState = { ...state, balancerDeadline: undefined };
    return resign(config, orphan, { reason: "balancerLost", linger: atOnce }, now);
  }
  // RFC 9568 § 6.4.3: Adver_Timer fires: send an ADVERTISEMENT, reset the timer to Advertisement_Interval.
  const due = now >= state.adverAt;
  const said = due
    ? advertise(config, { ...state, adverAt: nextTick(state.adverAt, config.interval, now) }, now)
    : { state, effects: [] };
  const kept = keepAddresses(config, said.state, now);
  return { state: kept.state, effects: [...said.effects, ...kept.effects] };
}

/** The lease is renewed before, so that nobody hears of an ownership that the kernel has not granted. */
function advertise(config: NodeConfig, state: ActiveState, now: Instant) {
  const effects: RouterEffect[] = [
    { type: "renewLease", ttl: config.leaseTtl },
    { type: "sendAdvertisement", priority: effectivePriority(config, state) },
  ];
  return { state: renewLease(state, now), effects };
}
