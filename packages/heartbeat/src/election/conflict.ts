import { elapsed, type Instant } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { effectivePriority } from "../node/eligibility.js";
import { ranksBefore } from "../node/rank.js";
import { announceAnew } from "../node/tenure.js";
import { type ElectionStep, stepDown } from "./become.js";
import type { ElectionConfig } from "./config.js";
import { sendHeartbeat } from "./speech.js";
import type { ActiveState, Standing } from "./state.js";
import { peerHeard } from "./timing.js";

/**
 * Two active nodes heard each other. Both know both priorities and addresses, so one word is enough: the weaker one
 * yields, the stronger one repeats that it is there.
 */
export function stepConflict(
  config: ElectionConfig,
  before: ActiveState,
  heartbeat: Heartbeat,
  now: Instant,
): ElectionStep {
  const deafSince = heartbeat.hearing ? undefined : (before.deafSince ?? now);
  const state: ActiveState = { ...before, conflictSince: before.conflictSince ?? now, deafSince, yieldAt: undefined };
  // Departs from RFC 9568 § 6.4.3: a peer that hears nothing cannot yield, whatever its priority, so this node does.
  const deaf = deafSince !== undefined && elapsed(deafSince, now) > 2 * config.interval;
  return deaf || !outranks(config, state, heartbeat) ? yieldTo(config, state, now) : assert(config, before, state, now);
}

/** Whether this node prevails over the peer that said this. */
export function outranks(config: ElectionConfig, state: Standing, heartbeat: Heartbeat): boolean {
  const own = { priority: effectivePriority(config, state), address: config.address };
  return ranksBefore(own, { priority: heartbeat.priority, address: config.peerAddress });
}

// RFC 9568 § 6.4.3: cancel Adver_Timer, learn Active_Adver_Interval, set Active_Down_Timer, transition to Backup.
function yieldTo(config: ElectionConfig, active: ActiveState, now: Instant): ElectionStep {
  const { state, effects } = stepDown(config, active, { reason: "yielded", resignation: "accident" }, now);
  const backup = state.role === "backup" ? { ...state, afterConflict: true } : state;
  return { state: backup, effects: [...effects, { type: "reportConflict", yields: true }] };
}

// RFC 9568 § 6.4.3: discard the ADVERTISEMENT and send one immediately, to assert the Active state and to update
// learning bridges.
function assert(config: ElectionConfig, before: ActiveState, state: ActiveState, now: Instant): ElectionStep {
  const report = before.conflictSince === undefined ? [{ type: "reportConflict", yields: false } as const] : [];
  const announced = announceAnew(config, state, now);
  return {
    state: announced.state,
    effects: [sendHeartbeat(config, announced.state, now), ...announced.effects, ...report],
  };
}

/**
 * Whether the peer, a backup now, may have announced the addresses as its own since this node did: it says that it gives
 * them up; or it took a term that this node does not know; or it was not heard for so long that it may have taken one.
 */
export function mayHaveOwned(config: ElectionConfig, before: ActiveState, heartbeat: Heartbeat, now: Instant): boolean {
  return heartbeat.resigning || heartbeat.term > before.term || !peerHeard(config, before, now);
}
