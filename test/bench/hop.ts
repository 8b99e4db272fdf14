import type { ContenderName } from "./contender/contender.js";
import { median } from "./statistics.js";
import { type Reading, type Spread, spread } from "./turns.js";

/** What a contender did with one load, over all rounds. */
export interface LoadResult {
  readonly contender: ContenderName;
  readonly perSecond: Spread;
  readonly eachUs: Spread;
  /** Processor time that the hop adds to each, found as the difference from no hop at all in the same round: µs. */
  readonly hopUs: Spread;
  /** The same as a multiple of what plain routing adds; left out where that adds nothing to speak of. */
  readonly hopRatio: number | undefined;
}

/** The readings of one load in the same order for each contender: one for each round. */
export type Readings = ReadonlyMap<ContenderName, readonly Reading[]>;

/** Below this, what routing adds drowns in what one round differs from the next, as a share of the whole. */
const leastShare = 0.02;

export function compareHops(readings: Readings): LoadResult[] {
  const hops = (name: ContenderName): number[] => {
    const without = readings.get("direct") ?? [];
    return (readings.get(name) ?? []).map(({ eachUs }, round) => eachUs - (without[round]?.eachUs ?? 0));
  };
  const routed = median(hops("routing"));
  const whole = median((readings.get("direct") ?? []).map(({ eachUs }) => eachUs));
  const isMeasurable = routed > whole * leastShare;
  return [...readings].map(([contender, ofRounds]) => {
    const hopUs = spread(hops(contender));
    return {
      contender,
      perSecond: spread(ofRounds.map(({ perSecond }) => perSecond)),
      eachUs: spread(ofRounds.map(({ eachUs }) => eachUs)),
      hopUs,
      hopRatio: isMeasurable ? quotient(hopUs.median, routed) : undefined,
    };
  });
}

/** What every bench of hops tells besides its figures. */
export interface Judged {
  readonly rounds: number;
  /** Of each load. */
  readonly seconds: number;
  readonly verdicts: readonly Verdict[];
  readonly passed: boolean;
}

/** A bench of what a hop costs. */
export interface HopBench extends Judged {
  /** The balancer has a machine of its own, and processor time is that machine's alone. */
  readonly apart: boolean;
}

/** A bound, and whether it was met. */
export interface Verdict {
  readonly text: string;
  readonly measured: number | undefined;
  readonly passed: boolean;
}

/** What is told of one contender, if it took part. */
export const of = <Result extends { readonly contender: ContenderName }>(
  results: readonly Result[],
  name: ContenderName,
): Result | undefined => results.find(({ contender }) => contender === name);

/** One contender's median by another's. */
export function ratioOf(results: readonly LoadResult[], one: ContenderName, other: ContenderName): number | undefined {
  return quotient(of(results, one)?.perSecond.median, of(results, other)?.perSecond.median);
}

/** To hundredths; `undefined` where there is nothing to divide, or by. */
export const quotient = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || !other ? undefined : Math.round((one / other) * 100) / 100;

export const atLeast = (text: string, measured: number | undefined, bound: number): Verdict => ({
  text: `${text} ≥ ${bound}`,
  measured,
  passed: measured === undefined || measured >= bound,
});

export const atMost = (text: string, measured: number | undefined, bound: number): Verdict => ({
  text: `${text} ≤ ${bound}`,
  measured,
  passed: measured === undefined || measured <= bound,
});
