import { after, elapsed, type Instant, instantOf } from "@vipair/model";
import type { ElectionConfig } from "./config.js";
import { isActive, observeDeath } from "./observe.js";
import type { BackupState, Vacancy } from "./state.js";
import { lifelineGrace } from "./timing.js";

/** When a backup may believe that nobody owns the addresses, and when it had better listen first. */

/** The active peer's lifeline closed: its lease is gone, unless a heartbeat proves within the grace that it lives. */
export function mournPeer(config: ElectionConfig, before: BackupState, now: Instant): BackupState {
  const state = observeDeath(before);
  if (!isActive(before.peer) || before.peer?.gone !== false) return state;
  if (isWaking(config, state, now)) return { ...state, vacancy: awaitNews(config, state, "peerDied", now) };
  return { ...state, vacancy: { reason: "peerDied", at: after(now, lifelineGrace(config)) } };
}

/**
 * A node that was stalled reads its past first: a resignation from the beginning of the stall, and behind it the
 * heartbeats of whoever owns the addresses now. It gives the news one interval to come in.
 */
export function noticeStall(config: ElectionConfig, state: BackupState, now: Instant): BackupState {
  return elapsed(state.heartbeatAt, now) > config.interval ? { ...state, wokeAt: now } : state;
}

export const isWaking = (config: ElectionConfig, { wokeAt }: BackupState, now: Instant): boolean =>
  wokeAt !== undefined && elapsed(wokeAt, now) < config.interval;

export function awaitNews(
  config: ElectionConfig,
  state: BackupState,
  reason: Vacancy["reason"],
  now: Instant,
): Vacancy {
  return { reason, at: after(state.wokeAt ?? now, config.interval) };
}

/** The deadline of a takeover that has passed: of the vacancy, or of silence. */
export function takeoverDue(state: BackupState, now: Instant): Instant | undefined {
  const due = instantOf(Math.min(state.activeDownAt ?? Infinity, state.vacancy?.at ?? Infinity));
  return now >= due ? due : undefined;
}

/** Gives the world one interval more. */
export function postpone(config: ElectionConfig, state: BackupState, now: Instant): BackupState {
  const later = after(now, config.interval);
  return {
    ...state,
    postponed: true,
    activeDownAt: instantOf(Math.max(state.activeDownAt ?? later, later)),
    vacancy: state.vacancy === undefined ? undefined : { ...state.vacancy, at: later },
  };
}
