import { elapsed, type Instant, type Millis, millisOf } from "@vipair/model";
import { effectivePriority } from "../node/eligibility.js";
import { downInterval } from "../node/timing.js";
import type { ElectionConfig } from "./config.js";
import type { Standing } from "./state.js";

/** RFC 9568 § 6.1: Active_Down_Interval = (3 × Active_Adver_Interval) + Skew_Time. */
export function activeDownInterval(config: ElectionConfig, state: Standing): Millis {
  return downInterval(effectivePriority(config, state), state.activeInterval);
}

/** Whether the peer was heard within the time after which an active one would be given up. */
export function peerHeard(config: ElectionConfig, state: Standing, now: Instant): boolean {
  const { peer } = state;
  if (peer === undefined || peer.gone) return false;
  return elapsed(peer.heardAt, now) <= downInterval(effectivePriority(config, state), peer.heartbeat.interval);
}

/**
 * How long a heartbeat may still come after the active peer's lifeline closed. A peer that lives lost the lifeline too and
 * says so at once: this is the time for that to arrive.
 */
export const lifelineGrace = (config: ElectionConfig): Millis => millisOf(Math.min(config.interval / 20, 5));
