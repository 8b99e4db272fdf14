import { after, elapsed, type Instant, type Millis, millisOf } from "@vipair/model";
import type { ElectionConfig } from "./config.js";
import { effectivePriority } from "./eligibility.js";
import type { Standing } from "./state.js";

/**
 * RFC 9568 § 6.1: Skew_Time = ((256 − priority) × Active_Adver_Interval) / 256. Departs from RFC 9568 § 6.1: in
 * milliseconds, not rounded to centiseconds, which would make all priorities equal at short intervals.
 */
export function skewTime(priority: number, activeInterval: Millis): Millis {
  return millisOf(((256 - priority) * activeInterval) / 256);
}

/** RFC 9568 § 6.1: Active_Down_Interval = (3 × Active_Adver_Interval) + Skew_Time. */
export function activeDownInterval(config: ElectionConfig, state: Standing): Millis {
  return downInterval(config, state, state.activeInterval);
}

/** Whether the peer was heard within the time after which an active one would be given up. */
export function peerHeard(config: ElectionConfig, state: Standing, now: Instant): boolean {
  const { peer } = state;
  if (peer === undefined || peer.gone) return false;
  return elapsed(peer.heardAt, now) <= downInterval(config, state, peer.heartbeat.interval);
}

/** The tick after the one due at `due`: in rhythm, but never two at once to make up for lost ones. */
export function nextTick(due: Instant, interval: Millis, now: Instant): Instant {
  const next = after(due, interval);
  return next > now ? next : after(now, interval);
}

/**
 * How long a heartbeat may still come after the active peer's lifeline closed. A peer that lives lost the lifeline too and
 * says so at once: this is the time for that to arrive.
 */
export const lifelineGrace = (config: ElectionConfig): Millis => millisOf(Math.min(config.interval / 20, 5));

function downInterval(config: ElectionConfig, state: Standing, interval: Millis): Millis {
  return millisOf(3 * interval + skewTime(effectivePriority(config, state), interval));
}
