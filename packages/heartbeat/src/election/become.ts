import { after, type Instant, millisOf, type RoleReason } from "@vipair/model";
import { isEligible } from "../node/eligibility.js";
import { beginTenure } from "../node/tenure.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionEffect } from "./effect.js";
import { ownReach } from "./reach.js";
import { type Resignation, sendHeartbeat } from "./speech.js";
import { type ActiveState, type BackupState, type ElectionState, type InitializeState, standingOf } from "./state.js";
import { activeDownInterval, firstWordRepeat } from "./timing.js";

/** What a machine answers to an event. */
export interface ElectionStep {
  readonly state: ElectionState;
  readonly effects: readonly ElectionEffect[];
}

/** How an active node lets go. */
export interface Farewell {
  readonly reason: RoleReason;
  readonly resignation: Exclude<Resignation, "none">;
}

/**
 * RFC 9568 § 6.4.1: set Active_Down_Timer to Active_Down_Interval and transition to Backup. Who was active until now lacks
 * what the other node serves from here on: it is not ready before the balancer says so again.
 */
export function becomeBackup(config: ElectionConfig, state: ElectionState, now: Instant): BackupState {
  const backup: BackupState = {
    ...standingOf(state),
    role: "backup",
    ready: state.ready && state.role !== "active",
    heartbeatAt: after(now, config.interval),
    activeDownAt: undefined,
    vacancy: undefined,
    wokeAt: undefined,
    postponed: false,
    afterConflict: false,
    witnessedAt: undefined,
    unwitnessed: false,
    claim: undefined,
  };
  return isEligible(config, backup)
    ? { ...backup, activeDownAt: after(now, activeDownInterval(config, backup)) }
    : backup;
}

/**
 * RFC 9568 § 6.4.2: send an ADVERTISEMENT, announce the addresses, set Adver_Timer and transition to Active. Departs
 * from RFC 9568 § 6.4.2: the lease comes first, because without it the kernel answers for nothing, and the
 * first heartbeat is repeated soon.
 */
export function becomeActive(
  config: ElectionConfig,
  from: BackupState,
  reason: RoleReason,
  now: Instant,
): ElectionStep {
  const term = from.term + 1;
  const state: ActiveState = {
    ...standingOf(from),
    role: "active",
    term,
    yielded: false,
    conceded: false,
    ...beginTenure(config, now),
    heartbeatAt: after(now, firstWordRepeat(config)),
    conflictSince: undefined,
    deafSince: undefined,
    yieldAt: undefined,
  };
  const effects: ElectionEffect[] = [
    { type: "renewLease", ttl: config.leaseTtl },
    sendHeartbeat(config, state, now),
    { type: "addAddresses", validFor: config.addressValidFor },
    { type: "announceAddresses" },
    reportRole(config, from, state, reason),
  ];
  return { state, effects };
}

/** Gives up ownership, first of all in the kernel, then in words. */
export function stepDown(config: ElectionConfig, from: ActiveState, farewell: Farewell, now: Instant): ElectionStep {
  const state = becomeBackup(config, from, now);
  return { state, effects: farewellEffects(config, from, state, farewell, now) };
}

/** RFC 9568 § 6.4.3, shutdown: send an ADVERTISEMENT with priority 0 and transition to Initialize. */
export function becomeInitialize(
  config: ElectionConfig,
  from: ElectionState,
  farewell: Farewell,
  now: Instant,
): ElectionStep {
  const state: InitializeState = {
    ...standingOf(from),
    role: "initialize",
    stopped: true,
    balancerDeadline: undefined,
  };
  const exit: ElectionEffect = { type: "exit" };
  switch (from.role) {
    case "initialize":
      return { state, effects: [exit] };
    case "backup":
      return { state, effects: [reportRole(config, from, state, farewell.reason), exit] };
    case "active":
      return { state, effects: [...farewellEffects(config, from, state, farewell, now), exit] };
  }
}

function farewellEffects(
  config: ElectionConfig,
  from: ActiveState,
  to: ElectionState,
  { reason, resignation }: Farewell,
  now: Instant,
): ElectionEffect[] {
  return [
    { type: "dropLease", linger: resignation === "planned" ? config.lingerFor : millisOf(0) },
    { type: "removeAddresses" },
    sendHeartbeat(config, to, now, resignation),
    reportRole(config, from, to, reason),
  ];
}

function reportRole(
  config: ElectionConfig,
  from: ElectionState,
  to: ElectionState,
  reason: RoleReason,
): ElectionEffect {
  const peerReach = to.peer?.heartbeat.reach;
  const reaches = { reach: ownReach(config, to), ...(peerReach === undefined ? {} : { peerReach }) };
  return { type: "reportRole", from: from.role, to: to.role, reason, term: to.term, ...reaches };
}
