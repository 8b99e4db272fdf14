export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : round(((sorted[middle - 1] ?? upper) + upper) / 2);
};

export const worst = (values: readonly number[]): number => Math.max(0, ...values);

/** One value of several runs. */
export interface Figure {
  readonly median: number;
  readonly worst: number;
}

export const figure = (values: readonly number[]): Figure => ({ median: median(values), worst: worst(values) });

export const round = (value: number): number => Math.round(value * 10) / 10;

/** How many times larger the other's value is; `undefined` when ours is 0. */
export const ratio = (other: number, ours: number): number | undefined =>
  ours === 0 ? undefined : round(other / ours);

/** The value that this share of all values does not exceed; 0 of none. */
export const percentile = (values: readonly number[], share: number): number => {
  const sorted = Float64Array.from(values).sort();
  return round(sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0);
};

export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

export const distribution = (values: readonly number[]): Distribution => ({
  count: values.length,
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  worst: percentile(values, 1),
});
