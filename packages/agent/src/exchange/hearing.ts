import { elapsed, type Instant } from "@vipair/model";

/**
 * How well the peer is heard on one path: of its last heartbeats, those that did not arrive here, and the longest pauses
 * between two that did. Every heartbeat has a number, the same on all paths.
 */
export interface Hearing {
  heard(boot: bigint, seq: number, at: Instant): void;
  readonly heardAt: Instant | undefined;
  /** `undefined` before a second heartbeat of the same lifetime of the peer. */
  quality(): HearingQuality | undefined;
}

export interface HearingQuality {
  /** Share of the heartbeats that did not arrive, 0 to 1. */
  readonly loss: number;
  /** Milliseconds between two heartbeats: 99 of 100 pauses were no longer, and the longest of all. */
  readonly gapP99Ms: number;
  readonly gapWorstMs: number;
}

/** Heartbeats that are remembered. */
const memory = 1_000;

export function openHearing(): Hearing {
  let lifetime: bigint | undefined;
  let arrivals: Arrival[] = [];
  let heardAt: Instant | undefined;
  return {
    get heardAt() {
      return heardAt;
    },
    heard: (boot, seq, at) => {
      if (boot !== lifetime) arrivals = [];
      lifetime = boot;
      heardAt = at;
      arrivals.push({ seq, at });
      if (arrivals.length > memory) arrivals.shift();
    },
    quality: () => qualityOf(arrivals),
  };
}

interface Arrival {
  readonly seq: number;
  readonly at: Instant;
}

function qualityOf(arrivals: readonly Arrival[]): HearingQuality | undefined {
  const [first] = arrivals;
  if (first === undefined || arrivals.length < 2) return undefined;
  let [low, high] = [first.seq, first.seq];
  const gaps: number[] = [];
  for (const [index, { seq, at }] of arrivals.entries()) {
    if (seq < low) low = seq;
    if (seq > high) high = seq;
    const before = arrivals[index - 1];
    if (before !== undefined) gaps.push(elapsed(before.at, at));
  }
  gaps.sort((a, b) => a - b);
  const sent = high - low + 1;
  return {
    loss: Math.max(0, 1 - arrivals.length / sent),
    gapP99Ms: Math.round(gaps[Math.ceil(gaps.length * 0.99) - 1] ?? 0),
    gapWorstMs: Math.round(gaps.at(-1) ?? 0),
  };
}
