import { after, compareReach, elapsed, type Instant, type Millis, millisOf, type ReachDifference } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { effectivePriority } from "../node/eligibility.js";
import type { ElectionConfig } from "./config.js";
import { ownReach } from "./reach.js";
import type { BackupState, Claim, Standing } from "./state.js";
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
  const cause = mayClaim(config, state, now) ? causeOf(config, state) : undefined;
  if (cause === undefined) return undefined;
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

function mayClaim(config: ElectionConfig, state: BackupState, now: Instant): boolean {
  const { peer, ready, gaveWayAt } = state;
  if (!ready || peer?.heartbeat.role !== "active" || !peer.heartbeat.hearing || !peerHeard(config, state, now))
    return false;
  return gaveWayAt === undefined || elapsed(gaveWayAt, now) >= config.reachHoldoff;
}

function causeOf(config: ElectionConfig, state: BackupState): Claim["cause"] | undefined {
  const placed = placing(config, state);
  if (placed !== undefined) return placed.better && !state.conceded ? placed.level : undefined;
  if (!config.preempt || state.yielded) return undefined;
  return effectivePriority(config, state) > (state.peer?.heartbeat.priority ?? 255) ? "priority" : undefined;
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
