import { elapsed, type Instant } from "@vipair/model";

/** New connections, counted and per second, from counters that are read again and again. */
export interface Rates {
  /** The readings of the last few seconds, oldest first. */
  readonly readings: readonly Reading[];
  /** By counter. */
  readonly rates: ReadonlyMap<string, Rate>;
}

export interface Rate {
  /** Since the first reading, across replacements of the table that set the counter back to 0. */
  readonly total: number;
  readonly perSecond: number;
}

interface Reading {
  readonly at: Instant;
  /** What the kernel said. */
  readonly counters: ReadonlyMap<string, number>;
  readonly totals: ReadonlyMap<string, number>;
}

const windowMs = 5_000;

/**
 * Takes one more reading. The rate is the mean over the last 5 s, or over the time since the first reading while that is
 * shorter; a counter that is gone from the reading is gone from the rates.
 *
 * @param previous `undefined` for the first reading.
 * @param counters the number of connections that each counter shows.
 */
export function updateRates(previous: Rates | undefined, counters: ReadonlyMap<string, number>, now: Instant): Rates {
  const last = previous?.readings.at(-1);
  const totals = new Map([...counters].map(([name, count]) => [name, nextTotal(last, name, count)]));
  const reading: Reading = { at: now, counters, totals };
  const readings = [...recent(previous?.readings ?? [], now), reading];
  const rates = new Map([...totals].map(([name, total]) => [name, { total, perSecond: slope(readings, name, total) }]));
  return { readings, rates };
}

/** A count that fell was set back to 0 in between. */
function nextTotal(last: Reading | undefined, name: string, count: number): number {
  const before = last?.counters.get(name);
  if (before === undefined) return count;
  return (last?.totals.get(name) ?? 0) + (count >= before ? count - before : count);
}

function slope(readings: readonly Reading[], name: string, total: number): number {
  const first = readings.find((reading) => reading.totals.has(name));
  const last = readings.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return 0;
  return ((total - (first.totals.get(name) ?? 0)) * 1_000) / elapsed(first.at, last.at);
}

/** The readings within the window, and the one just before it begins. */
function recent(readings: readonly Reading[], now: Instant): readonly Reading[] {
  const within = readings.findIndex((reading) => elapsed(reading.at, now) < windowMs);
  return within === -1 ? readings.slice(-1) : readings.slice(Math.max(0, within - 1));
}
