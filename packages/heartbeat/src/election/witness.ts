import { after, elapsed, type Instant } from "@vipair/model";
import { isEligible } from "../node/eligibility.js";
import { becomeActive, type ElectionStep } from "./become.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionEffect } from "./effect.js";
import type { BackupState } from "./state.js";
import { activeDownInterval } from "./timing.js";
import { isWaking } from "./vacancy.js";

/**
 * Silence on all paths is the one cause of a takeover that proves nothing: the peer is dead, or this node is cut off. A
 * witness tells the second case: a third host that this node must reach to become active in silence.
 *
 *   last heartbeat ──1½ intervals──► asks with every heartbeat of its own ──active down interval──► takes over if answered
 *                                                                                                   else waits for an answer
 *
 * One of several is enough: each shows that this node has a network with others in it, and if all were needed, the death of
 * a witness would keep the survivor of a pair from serving. What a witness answered before this silence counts for nothing.
 * Everything else that makes a backup active is somebody's word or a process's proven end, and needs no witness.
 */

/** Whether this node may take silence for the peer's death now. */
export function isWitnessed(config: ElectionConfig, state: BackupState, now: Instant): boolean {
  if (!config.needsWitness || !isMissed(config, state, now)) return true;
  return state.witnessedAt !== undefined && elapsed(state.witnessedAt, now) <= activeDownInterval(config, state);
}

/** What goes with a heartbeat of a backup that begins to miss the peer's. */
export function askWitness(config: ElectionConfig, state: BackupState, now: Instant): readonly ElectionEffect[] {
  if (!config.needsWitness || !isEligible(config, state)) return [];
  return isMissed(config, state, now) ? [{ type: "askWitness" }] : [];
}

const isMissed = (config: ElectionConfig, { peer }: BackupState, now: Instant): boolean =>
  peer === undefined || peer.gone || elapsed(peer.heardAt, now) > 1.5 * config.interval;

/** The time to take over has come, and no witness was reached: asks on. */
export function awaitWitness(config: ElectionConfig, state: BackupState, now: Instant) {
  const waiting: BackupState = { ...state, activeDownAt: after(now, config.interval), unwitnessed: true };
  const effects: readonly ElectionEffect[] = state.unwitnessed ? [] : [{ type: "reportUnwitnessed" }];
  return { state: waiting, effects };
}

/** A witness has answered: the node takes over at once if it has waited for nothing else. */
export function hearWitness(config: ElectionConfig, before: BackupState, now: Instant): ElectionStep {
  const state: BackupState = { ...before, witnessedAt: now };
  const isDue = state.unwitnessed && isEligible(config, state) && !isWaking(config, state, now);
  return isDue ? becomeActive(config, state, "silence", now) : { state, effects: [] };
}
