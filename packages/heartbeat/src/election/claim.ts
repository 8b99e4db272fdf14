import {
  after,
  compareReach,
  elapsed,
  formatReach,
  type Instant,
  type Millis,
  millisOf,
  type ReachDifference,
} from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { effectivePriority, isEligible } from "../node/eligibility.js";
import type { ElectionConfig } from "./config.js";
import { ownReach } from "./reach.js";
import type { BackupState, Claim, ElectionState, Standing } from "./state.js";
import { peerHeard } from "./timing.js";

/**
 * A claim is how ownership moves to a better node: the standby says that it wants it, and the active node hands over with
 * its connections. Departs from RFC 9568 § 6.4.2: with Preempt_Mode a better backup would become active while the other
 * one is.
 */

/** How this node is placed beside its peer; `undefined`: equal, as far as known. */
export const placing = (config: ElectionConfig, state: Standing): ReachDifference | undefined =>
  compareReach(ownReach(config, state), state.peer?.heartbeat.reach);

/** The claim of a standby as everything stands now. */
export function settleClaim(config: ElectionConfig, state: BackupState, now: Instant): Claim | undefined {
  if (claimObstacles(config, state, now).length > 0) return undefined;
  const placed = placing(config, state);
  const cause = placed === undefined ? "priority" : placed.level;
  return state.claim?.cause === cause ? state.claim : { cause, since: now };
}

/** Whether the claim has stood for long enough to be made. */
export function claimsNow(config: ElectionConfig, state: BackupState, now: Instant): boolean {
  const { claim } = state;
  return claim !== undefined && now >= after(claim.since, patienceFor(config, state, claim.cause));
}

/** Whether the active node has reason to follow the claim that a standby makes. */
export function isJustified(config: ElectionConfig, state: Standing, heartbeat: Heartbeat): boolean {
  const { claiming, ready, eligible, maintenance, priority } = heartbeat;
  if (!claiming || !ready || !eligible || maintenance) return false;
  const placed = compareReach(ownReach(config, state), heartbeat.reach);
  return placed === undefined ? priority > effectivePriority(config, state) : !placed.better;
}

/** Why a backup does not ask the active node for ownership: one phrase for each reason, for people; empty when it does. */
export function claimObstacles(config: ElectionConfig, state: ElectionState, now: Instant): readonly string[] {
  const heartbeat = state.peer?.heartbeat;
  const { gaveWayAt } = state;
  const isHeldOff = gaveWayAt !== undefined && elapsed(gaveWayAt, now) < config.reachHoldoff;
  return [
    ...(isEligible(config, state) ? [] : ["the node may not become active"]),
    ...(state.ready ? [] : ["the node is not ready"]),
    ...(heartbeat?.role === "active" && peerHeard(config, state, now) ? [] : ["no active node is heard"]),
    ...(heartbeat === undefined || heartbeat.hearing ? [] : ["the active node does not hear it"]),
    ...(isHeldOff ? ["it gave way to a better placed node a moment ago"] : []),
    ...placeObstacles(config, state),
  ];
}

/** What reach, or between nodes that reach the same priority, says against a claim. */
function placeObstacles(config: ElectionConfig, state: ElectionState): readonly string[] {
  const placed = placing(config, state);
  if (placed?.better === true) return state.conceded ? ["it handed over on request"] : [];
  if (placed !== undefined) return [`it reaches less than the active node: ${formatReach(ownReach(config, state))}`];
  const heartbeat = state.peer?.heartbeat;
  const own = effectivePriority(config, state);
  return [
    ...(config.preempt ? [] : ["preemption is off"]),
    ...(state.yielded ? ["it handed over on request"] : []),
    ...(heartbeat === undefined || own > heartbeat.priority
      ? []
      : [`its priority ${own} is not above ${heartbeat.priority}`]),
  ];
}

function patienceFor(config: ElectionConfig, { servers }: Standing, cause: Claim["cause"]): Millis {
  switch (cause) {
    case "priority":
      return config.preemptDelay;
    case "carriers":
      return config.reachDelay;
    case "gateways":
      return millisOf(config.reachDelay + config.gatewayLag);
    case "servers":
      return millisOf(config.reachDelay + servers.lag);
  }
}
