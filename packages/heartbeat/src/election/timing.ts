import { elapsed, type Instant, type Millis, millisOf } from "@vipair/model";
import { effectivePriority } from "../node/eligibility.js";
import { skewTime } from "../node/timing.js";
import type { ElectionConfig } from "./config.js";
import type { Standing } from "./state.js";

/** RFC 9568 § 6.1: Active_Down_Interval = (3 × Active_Adver_Interval) + Skew_Time. */
export function activeDownInterval(config: ElectionConfig, state: Standing): Millis {
  return downInterval(config, state, state.activeInterval);
}

/**
 * Departs from RFC 9568 § 6.1, whose Skew_Time parts equal priorities not at all, and neighbouring ones by less than a
 * heartbeat takes: here it has seven eighths of the interval, and the last eighth is the distance between the two nodes, as
 * the configuration ranks them. Two that wait for the same silence do not find it at the same moment.
 */
function downInterval(config: ElectionConfig, state: Standing, interval: Millis): Millis {
  const rank = config.ranksSecond ? interval / 8 : 0;
  return millisOf(3 * interval + (7 / 8) * skewTime(effectivePriority(config, state), interval) + rank);
}

/** Whether the peer was heard within the time after which an active one would be given up. */
export function peerHeard(config: ElectionConfig, state: Standing, now: Instant): boolean {
  const { peer } = state;
  if (peer === undefined || peer.gone) return false;
  return elapsed(peer.heardAt, now) <= downInterval(config, state, peer.heartbeat.interval);
}

/** The first heartbeat of an active node is said twice: a single lost one would leave the other node to find silence, too. */
export const firstWordRepeat = (config: ElectionConfig): Millis => millisOf(Math.min(config.interval / 20, 5));

/**
 * How long a heartbeat may still come after the active peer's lifeline closed. A peer that lives lost the lifeline too and
 * says so at once: this is the time for that to arrive.
 */
export const lifelineGrace = (config: ElectionConfig): Millis => millisOf(Math.min(config.interval / 20, 5));
