/**
 * Time inside the product: `Millis` is a length of time, `Instant` a point on CLOCK_BOOTTIME. Neither says what o'clock
 * it is; wall-clock time appears only in reports to people, as ISO 8601 strings.
 */
declare const millis: unique symbol;
declare const instant: unique symbol;

/** A length of time in milliseconds. */
export type Millis = number & { readonly [millis]: true };

/** A point in time: milliseconds on the node's own CLOCK_BOOTTIME, never comparable between nodes. */
export type Instant = number & { readonly [instant]: true };

/** States that a plain number counts milliseconds. */
export const millisOf = (value: number): Millis => value as Millis;

/** States that a plain number is a reading of CLOCK_BOOTTIME in milliseconds. */
export const instantOf = (value: number): Instant => value as Instant;

export const after = (from: Instant, delay: Millis): Instant => instantOf(from + delay);

export const elapsed = (from: Instant, to: Instant): Millis => millisOf(to - from);

const unitMillis = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof unitMillis;

/** Reads `100ms`, `2s`, `10m`, `1h`, `1d`; `undefined` when the text is not a whole number with one of these units. */
export function parseDuration(text: string): Millis | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  return millisOf(Number(match[1]) * unitMillis[match[2] as Unit]);
}

/** Writes a duration the way {@link parseDuration} reads it, in the largest unit that divides it. */
export function formatDuration(value: Millis): string {
  for (const unit of ["d", "h", "m", "s"] as const) {
    if (value >= unitMillis[unit] && value % unitMillis[unit] === 0) return `${value / unitMillis[unit]}${unit}`;
  }
  return `${Math.round(value)}ms`;
}

/** A short span: `3.2 ms`, `38 ms`, `1.2 s`, `2 min`. */
export function spanText(ms: number): string {
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 60_000)} min`;
}
