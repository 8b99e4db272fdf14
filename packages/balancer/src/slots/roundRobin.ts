import type { EligibleServer } from "../ruleset/ruleset.js";

/** A cycle longer than this is shortened, at the price of weights that are only nearly right. */
const longestCycle = 1_024;

/**
 * One cycle of smooth weighted round robin: the index of the server for each turn. Every server gets as many turns as
 * its weight, as far apart as they can be: weights 5, 1, 1 give a a b a c a a. Weights are reduced by their greatest
 * common divisor first.
 *
 * Each turn every server gains its weight; the one with the most pays the total and is chosen.
 */
export function roundRobinSlots(servers: readonly EligibleServer[]): readonly number[] {
  const weights = cycleWeights(servers.map((server) => server.weight));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  // What follows would come to the same, in a time that grows with the square of the servers.
  if (total === weights.length) return weights.map((_, i) => i);
  const credit = weights.map(() => 0);
  return Array.from({ length: total }, () => {
    const chosen = payIn(credit, weights);
    credit[chosen] = (credit[chosen] ?? 0) - total;
    return chosen;
  });
}

/** Every server gains its weight; answers which has the most, the first of equals. */
function payIn(credit: number[], weights: readonly number[]): number {
  let chosen = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < weights.length; i++) {
    const now = (credit[i] ?? 0) + (weights[i] ?? 0);
    credit[i] = now;
    if (now > most) [most, chosen] = [now, i];
  }
  return chosen;
}

/** How many turns of one cycle each server gets; at least one. */
export function cycleWeights(weights: readonly number[]): readonly number[] {
  const divisor = weights.reduce(greatestCommonDivisor, 0);
  const reduced = weights.map((weight) => weight / Math.max(1, divisor));
  const total = reduced.reduce((sum, weight) => sum + weight, 0);
  if (total <= longestCycle) return reduced;
  return reduced.map((weight) => Math.max(1, Math.round((weight * longestCycle) / total)));
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));
