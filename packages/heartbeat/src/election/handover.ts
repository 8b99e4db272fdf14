import { after, type Instant } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { effectivePriority } from "../node/eligibility.js";
import { becomeInitialize, type ElectionStep, stepDown } from "./become.js";
import type { ElectionConfig } from "./config.js";
import type { ActiveState } from "./state.js";
import { peerHeard } from "./timing.js";

/** The balancer is prepared: hands over to a standby that can take it, or to whoever comes when forced. */
export function handOver(config: ElectionConfig, state: ActiveState, force: boolean, now: Instant): ElectionStep {
  const reason = force ? undefined : unfitStandby(config, state, now);
  if (reason !== undefined) return { state, effects: [{ type: "refuseHandover", reason }] };
  // What the standby claimed it may lose again to a better node; what people asked for stays as they wanted it.
  return letGo(config, state, state.yieldAt === undefined, now);
}

/** Lets go as planned. With `yielded` this node does not claim ownership back by preemption. */
export function letGo(config: ElectionConfig, state: ActiveState, yielded: boolean, now: Instant): ElectionStep {
  return stepDown(config, { ...state, yielded }, { reason: "handover", resignation: "planned" }, now);
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
  return peerHeard(config, state, now) ? letGo(config, state, false, now) : undefined;
}

function isJustified(config: ElectionConfig, state: ActiveState, heartbeat: Heartbeat): boolean {
  const { claiming, ready, eligible, maintenance, priority } = heartbeat;
  return claiming && ready && eligible && !maintenance && priority > effectivePriority(config, state);
}

/** Why the standby could not take over; `undefined` when it can. */
function unfitStandby(config: ElectionConfig, state: ActiveState, now: Instant): string | undefined {
  const heartbeat = state.peer?.heartbeat;
  if (heartbeat === undefined || !peerHeard(config, state, now)) return "the standby is not heard";
  if (heartbeat.maintenance) return "the standby is in maintenance";
  if (!heartbeat.eligible) return "the standby is not eligible: a decisive track failed or its kernel refused";
  return undefined;
}
