import { after, elapsed, type Instant } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { isEligible } from "../node/eligibility.js";
import { expireStanding, observeBalancer, observeMaintenance, observeTrack } from "../node/standing.js";
import { nextTick } from "../node/timing.js";
import { becomeActive, becomeInitialize, type ElectionStep } from "./become.js";
import { claimsNow, placing } from "./claim.js";
import type { ElectionConfig } from "./config.js";
import { outranks } from "./conflict.js";
import type { ElectionEffect } from "./effect.js";
import type { ElectionEvent } from "./event.js";
import { isActive, observeHeartbeat } from "./observe.js";
import { settle } from "./settle.js";
import { sendHeartbeat } from "./speech.js";
import type { BackupState, Vacancy } from "./state.js";
import { activeDownInterval } from "./timing.js";
import { awaitNews, isWaking, mournPeer, noticeStall, postpone, takeoverDue } from "./vacancy.js";
import { askWitness, awaitWitness, hearWitness, isWitnessed } from "./witness.js";

/** Backup: listens, says that it is there, and takes over when nobody owns the addresses. */
export function stepBackup(
  config: ElectionConfig,
  before: BackupState,
  event: ElectionEvent,
  now: Instant,
): ElectionStep {
  const state = noticeStall(config, before, now);
  const stay = (next: BackupState): ElectionStep => ({ state: settle(config, next, now), effects: [] });
  switch (event.type) {
    case "heartbeatReceived":
      return receiveHeartbeat(config, state, event.heartbeat, now);
    case "lifelineClosed":
      return stay(mournPeer(config, state, now));
    case "deadlineReached":
      return reachDeadline(config, state, now);
    case "trackChanged":
      return stay(observeTrack(state, event.track, event.ok));
    case "readinessChanged":
      return stay({ ...state, ready: event.ready });
    case "serversCounted":
      return stay({ ...state, servers: event.servers });
    case "witnessReached":
      return hearWitness(config, state, now);
    case "maintenanceChanged":
      return stay(observeMaintenance(state, event.on));
    case "balancerHeard":
      return stay(observeBalancer(config, state, now));
    case "balancerClosed":
      return becomeInitialize(config, state, { reason: "balancerLost", resignation: "accident" }, now);
    case "handoverPrepared":
      return { state, effects: [{ type: "refuseHandover", reason: "this node is not active" }] };
    // RFC 9568 § 6.4.2: on Shutdown, cancel Active_Down_Timer and transition to Initialize.
    case "stopRequested":
      return becomeInitialize(config, state, { reason: "shutdown", resignation: "accident" }, now);
    case "started":
    case "leaseRenewed":
    case "leaseRefused":
    case "addressesRefused":
    case "addressRemoved":
      return { state, effects: [] };
  }
}

function receiveHeartbeat(
  config: ElectionConfig,
  before: BackupState,
  heartbeat: Heartbeat,
  now: Instant,
): ElectionStep {
  const state: BackupState = { ...observeHeartbeat(before, heartbeat, now), vacancy: undefined, ...unwitnessed };
  // RFC 9568 § 6.4.2: learn Active_Adver_Interval, recompute Skew_Time and Active_Down_Interval, reset the timer.
  // Departs from RFC 9568 § 6.4.2: with preemption as well; a better backup asks for a hand-over (see settle.ts).
  if (heartbeat.role === "active") {
    const activeDownAt = after(now, activeDownInterval(config, state));
    const kept: BackupState = { ...state, activeDownAt, postponed: false, afterConflict: false };
    return { state: settle(config, kept, now), effects: [] };
  }
  // RFC 9568 § 6.4.2: priority 0: set Active_Down_Timer to Skew_Time. Departs from RFC 9568 § 6.4.2: the skew keeps
  // several backups apart, and here is exactly one, so it takes over at once.
  const isVacant = heartbeat.resigning || isActive(before.peer) || before.vacancy !== undefined;
  const mayClaim = isEligible(config, state) && (!state.afterConflict || outranks(config, state, heartbeat));
  if (!isVacant || !mayClaim) return { state: settle(config, state, now), effects: [] };
  const reason = reasonOf(config, state, before, now);
  if (!isWaking(config, state, now)) return becomeActive(config, state, reason, now);
  return { state: settle(config, { ...state, vacancy: awaitNews(config, state, reason, now) }, now), effects: [] };
}

/** The witnesses of a silence that is over count for nothing. */
const unwitnessed = { witnessedAt: undefined, unwitnessed: false } as const;

/** Why the peer gives up ownership: what this node claims because it is better placed, it is given for that reason. */
function reasonOf(config: ElectionConfig, state: BackupState, before: BackupState, now: Instant): Vacancy["reason"] {
  if (state.peer?.heartbeat.planned !== true) return "resignation";
  const wasClaimed = before.claim?.cause !== "priority" && claimsNow(config, before, now);
  return wasClaimed && placing(config, state)?.better === true ? "betterPlaced" : "handover";
}

function reachDeadline(config: ElectionConfig, before: BackupState, now: Instant): ElectionStep {
  const state = settle(config, expireStanding(before, now), now);
  const due = takeoverDue(state, now);
  if (due === undefined) return beat(config, state, now);
  // A node that slept past its deadline by more than an interval was stalled itself: what it missed says nothing of the
  // peer. It waits one interval for a sign of life, once.
  if (elapsed(due, now) > config.interval && !state.postponed) return beat(config, postpone(config, state, now), now);
  if (state.vacancy !== undefined && now >= state.vacancy.at)
    return becomeActive(config, state, state.vacancy.reason, now);
  if (!isWitnessed(config, state, now)) {
    const waiting = awaitWitness(config, state, now);
    return beat(config, waiting.state, now, waiting.effects);
  }
  // RFC 9568 § 6.4.2: Active_Down_Timer fires.
  return becomeActive(config, state, "silence", now);
}

// Departs from RFC 9568 § 6.4.2: a backup sends heartbeats too.
function beat(
  config: ElectionConfig,
  state: BackupState,
  now: Instant,
  effects: readonly ElectionEffect[] = [],
): ElectionStep {
  if (now < state.heartbeatAt) return { state, effects };
  const next: BackupState = { ...state, heartbeatAt: nextTick(state.heartbeatAt, config.interval, now) };
  return { state: next, effects: [...effects, sendHeartbeat(config, next, now), ...askWitness(config, next, now)] };
}
