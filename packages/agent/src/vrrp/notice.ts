import { bootClock } from "@vipair/kernel";
import { elapsed, type Instant, millisOf } from "@vipair/model";

/** RFC 9568 § 7.1: what should be logged, subject to rate-limiting: each of the subjects at most once in this time. */
const quiet = millisOf(60_000);

export function openNotices(say: (sentence: string) => void): (subject: string, sentence: () => string) => void {
  const saidAt = new Map<string, Instant>();
  return (subject, sentence) => {
    const last = saidAt.get(subject);
    const now = bootClock();
    if (last !== undefined && elapsed(last, now) < quiet) return;
    saidAt.set(subject, now);
    say(sentence());
  };
}
