import { after, type Instant, type Millis, millisOf, type RoleReason } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { effectivePriority, isEligible } from "../../node/eligibility.js";
import { beginTenure } from "../../node/tenure.js";
import { downInterval } from "../../node/timing.js";
import type { RouterEffect } from "./effect.js";
import { type ActiveState, type BackupState, type InitializeState, type RouterState, standingOf } from "./state.js";

/** What the machine answers to an event. */
export interface RouterStep {
  readonly state: RouterState;
  readonly effects: readonly RouterEffect[];
}

/** How an active router lets go. */
export interface Farewell {
  readonly reason: RoleReason;
  /** For so long traffic of stray frames passes. */
  readonly linger: Millis;
}

export const atOnce = millisOf(0);

/** RFC 9568 § 6.4.1: set Active_Down_Timer to Active_Down_Interval and transition to Backup. */
export function becomeBackup(config: NodeConfig, from: RouterState, now: Instant): BackupState {
  const backup: BackupState = {
    ...standingOf(from),
    role: "backup",
    activeDownAt: undefined,
    resigned: false,
    preemptSince: undefined,
    postponed: false,
  };
  return isEligible(config, backup) ? restartDownTimer(config, backup, now) : backup;
}

/** RFC 9568 § 6.4.2: set Active_Down_Timer to Active_Down_Interval, after Skew_Time has been recomputed. */
export function restartDownTimer(config: NodeConfig, state: BackupState, now: Instant): BackupState {
  const interval = downInterval(effectivePriority(config, state), state.activeInterval);
  return { ...state, activeDownAt: after(now, interval), resigned: false, postponed: false };
}

/**
 * RFC 9568 § 6.4.2: send an ADVERTISEMENT, announce every address, set Adver_Timer to Advertisement_Interval and transition
 * to Active. The lease comes first, because without it the kernel answers for nothing; the addresses come after the
 * ADVERTISEMENT, so that a router which is preempted yields before this one answers.
 */
export function becomeActive(config: NodeConfig, from: BackupState, reason: RoleReason, now: Instant): RouterStep {
  const term = from.term + 1;
  const state: ActiveState = {
    ...standingOf(from),
    ...beginTenure(config, now),
    role: "active",
    term,
    yielded: false,
    peer: undefined,
    adverAt: after(now, config.interval),
    contestedAt: undefined,
  };
  return {
    state,
    effects: [
      { type: "renewLease", ttl: config.leaseTtl },
      { type: "sendAdvertisement", priority: effectivePriority(config, state) },
      { type: "addAddresses", validFor: config.addressValidFor },
      { type: "announceAddresses" },
      { type: "reportRole", from: "backup", to: "active", reason, term },
    ],
  };
}

/** Gives up ownership, first of all in the kernel, then by an ADVERTISEMENT with priority 0. */
export function resign(config: NodeConfig, from: ActiveState, farewell: Farewell, now: Instant): RouterStep {
  const state = becomeBackup(config, { ...from, activeInterval: config.interval }, now);
  return { state, effects: farewellEffects(from, state, farewell) };
}

/** RFC 9568 § 6.4.3, Shutdown: send an ADVERTISEMENT with priority 0 and transition to Initialize. */
export function becomeInitialize(from: RouterState, reason: RoleReason): RouterStep {
  const state: InitializeState = {
    ...standingOf(from),
    role: "initialize",
    stopped: true,
    balancerDeadline: undefined,
  };
  const exit: RouterEffect = { type: "exit" };
  switch (from.role) {
    case "initialize":
      return { state, effects: [exit] };
    case "backup":
      return { state, effects: [reportRole(from, state, reason), exit] };
    case "active":
      return { state, effects: [...farewellEffects(from, state, { reason, linger: atOnce }), exit] };
  }
}

/** The end of ownership in the kernel. */
export const releaseEffects = (linger: Millis): RouterEffect[] => [
  { type: "dropLease", linger },
  { type: "removeAddresses" },
];

export const reportRole = (from: RouterState, to: RouterState, reason: RoleReason): RouterEffect => ({
  type: "reportRole",
  from: from.role,
  to: to.role,
  reason,
  term: to.term,
});

const farewellEffects = (from: ActiveState, to: RouterState, { reason, linger }: Farewell): RouterEffect[] => [
  ...releaseEffects(linger),
  { type: "sendAdvertisement", priority: 0 },
  reportRole(from, to, reason),
];
