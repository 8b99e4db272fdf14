import { after, type Instant } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { becomeInitialize, type ElectionStep, stepDown } from "./become.js";
import { isJustified, placing } from "./claim.js";
import type { ElectionConfig } from "./config.js";
import type { ActiveState } from "./state.js";
import { peerHeard } from "./timing.js";

/** The balancer is prepared: hands over to a standby that can take it, or to whoever comes when forced. */
export function handOver(config: ElectionConfig, state: ActiveState, force: boolean, now: Instant): ElectionStep {
  const reason = force ? undefined : unfitStandby(config, state, now);
  if (reason !== undefined) return { state, effects: [{ type: "refuseHandover", reason }] };
  return state.yieldAt === undefined ? letGo(config, state, true, now) : giveWay(config, state, now);
}

/** Lets go because people asked. With `yielded` it stays as they wanted it: this node does not claim ownership back. */
export function letGo(config: ElectionConfig, state: ActiveState, yielded: boolean, now: Instant): ElectionStep {
  const conceding: ActiveState = { ...state, yielded, conceded: yielded };
  return stepDown(config, conceding, { reason: "handover", resignation: "planned" }, now);
}

/** Lets go because the standby claims, and may lose again what it takes to a better node. */
function giveWay(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  const isWorsePlaced = placing(config, state)?.better === false;
  const reason = isWorsePlaced ? "betterPlaced" : "handover";
  const gaveWayAt = isWorsePlaced ? now : state.gaveWayAt;
  return stepDown(config, { ...state, yielded: false, gaveWayAt }, { reason, resignation: "planned" }, now);
}

/** Stops: as a planned hand-over when somebody can take it. */
export function stop(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep {
  const resignation = unfitStandby(config, state, now) === undefined ? "planned" : "accident";
  return becomeInitialize(config, state, { reason: "shutdown", resignation }, now);
}

/**
 * Departs from RFC 9568 § 6.4.3: hears a better standby's claim, and asks the balancer once to prepare. A claim that is
 * withdrawn is forgotten.
 */
export function hearClaim(
  config: ElectionConfig,
  state: ActiveState,
  heartbeat: Heartbeat,
  now: Instant,
): ElectionStep {
  if (!isJustified(config, state, heartbeat)) return { state: { ...state, yieldAt: undefined }, effects: [] };
  if (state.yieldAt !== undefined) return { state, effects: [] };
  return { state: { ...state, yieldAt: after(now, config.claimPatience) }, effects: [{ type: "requestHandover" }] };
}

/** The balancer did not answer a claim in time: yields by itself, if the claim still stands. */
export function yieldToClaim(config: ElectionConfig, state: ActiveState, now: Instant): ElectionStep | undefined {
  return peerHeard(config, state, now) ? giveWay(config, state, now) : undefined;
}

/** Why the standby could not take over; `undefined` when it can. */
function unfitStandby(config: ElectionConfig, state: ActiveState, now: Instant): string | undefined {
  const heartbeat = state.peer?.heartbeat;
  if (heartbeat === undefined || !peerHeard(config, state, now)) return "the standby is not heard";
  if (heartbeat.maintenance) return "the standby is in maintenance";
  if (!heartbeat.eligible) return "the standby is not eligible: a decisive track failed or its kernel refused";
  return undefined;
}
