import { after, type Instant, instantOf, type Millis, millisOf } from "@vipair/model";

/**
 * RFC 9568 § 6.1: Skew_Time = ((256 − priority) × Active_Adver_Interval) / 256. Departs from RFC 9568 § 6.1: in
 * milliseconds, not rounded to centiseconds, which would make all priorities equal at short intervals.
 */
export function skewTime(priority: number, activeInterval: Millis): Millis {
  return millisOf(((256 - priority) * activeInterval) / 256);
}

/** RFC 9568 § 6.1: Active_Down_Interval = (3 × Active_Adver_Interval) + Skew_Time. */
export function downInterval(priority: number, activeInterval: Millis): Millis {
  return millisOf(3 * activeInterval + skewTime(priority, activeInterval));
}

/** The tick after the one due at `due`: in rhythm, but never two at once to make up for lost ones. */
export function nextTick(due: Instant, interval: Millis, now: Instant): Instant {
  const next = after(due, interval);
  return next > now ? next : after(now, interval);
}

/** The first of those that are set. */
export function earliest(...instants: readonly (Instant | undefined)[]): Instant | undefined {
  let first = Number.POSITIVE_INFINITY;
  for (const instant of instants) if (instant !== undefined && instant < first) first = instant;
  return first === Number.POSITIVE_INFINITY ? undefined : instantOf(first);
}
