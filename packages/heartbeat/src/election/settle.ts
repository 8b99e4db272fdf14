import { after, type Instant } from "@vipair/model";
import { effectivePriority, isEligible } from "../node/eligibility.js";
import type { ElectionConfig } from "./config.js";
import type { BackupState } from "./state.js";
import { activeDownInterval, peerHeard } from "./timing.js";

/**
 * Brings what follows from the rest of a backup's state up to date: a node that is not eligible waits for nothing, one
 * that became eligible waits a whole active down interval, and one that is better than the active node claims.
 */
export function settle(config: ElectionConfig, state: BackupState, now: Instant): BackupState {
  const eligible = isEligible(config, state);
  const activeDownAt = eligible ? (state.activeDownAt ?? after(now, activeDownInterval(config, state))) : undefined;
  const vacancy = eligible ? state.vacancy : undefined;
  const claimSince = wantsToClaim(config, state, eligible, now) ? (state.claimSince ?? now) : undefined;
  return { ...state, activeDownAt, vacancy, claimSince };
}

// Departs from RFC 9568 § 6.4.2: with Preempt_Mode a better backup would become active while the other one is. Here it
// asks, and the active node hands over with its connections.
function wantsToClaim(config: ElectionConfig, state: BackupState, eligible: boolean, now: Instant): boolean {
  const heartbeat = state.peer?.heartbeat;
  if (!config.preempt || !eligible || !state.ready || state.yielded || heartbeat === undefined) return false;
  if (heartbeat.role !== "active" || !heartbeat.hearing) return false;
  return effectivePriority(config, state) > heartbeat.priority && peerHeard(config, state, now);
}
