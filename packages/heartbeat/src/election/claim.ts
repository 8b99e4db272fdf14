import type { Instant } from "@vipair/model";
import { effectivePriority, isEligible } from "../node/eligibility.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionState } from "./state.js";
import { peerHeard } from "./timing.js";

/**
 * Why a backup does not ask the active node for ownership: one phrase for each reason, for people; empty when it does.
 *
 * Departs from RFC 9568 § 6.4.2: with Preempt_Mode a better backup would become active while the other one is. Here it
 * asks, and the active node hands over with its connections.
 */
export function claimObstacles(config: ElectionConfig, state: ElectionState, now: Instant): readonly string[] {
  const heartbeat = state.peer?.heartbeat;
  const own = effectivePriority(config, state);
  return [
    ...(config.preempt ? [] : ["preemption is off"]),
    ...(isEligible(config, state) ? [] : ["the node may not become active"]),
    ...(state.ready ? [] : ["the node is not ready"]),
    ...(state.yielded ? ["it handed over on request"] : []),
    ...(heartbeat?.role === "active" && peerHeard(config, state, now) ? [] : ["no active node is heard"]),
    ...(heartbeat === undefined || heartbeat.hearing ? [] : ["the active node does not hear it"]),
    ...(heartbeat === undefined || own > heartbeat.priority
      ? []
      : [`its priority ${own} is not above ${heartbeat.priority}`]),
  ];
}
