/** Down to the smallest that either pair can be told: 10 ms, and a centisecond. */
export const intervalsMs: readonly number[] = [100, 70, 50, 30, 20, 10];

/** One interval under load. */
export interface Rung {
  readonly intervalMs: number;
  readonly askedSeconds: number;
  /** On the way down a rung is short; then a candidate has to survive the full time. */
  readonly full: boolean;
  /** How long it took to the first failover that nobody asked for; `undefined`: there was none. */
  readonly failedAfterSeconds: number | undefined;
}

/** The interval to try next, shortly. All are tried: one that fails may have met with something else than the load. */
export const nextDown = (rungs: readonly Rung[]): number | undefined => intervalsMs[rungs.length];

/** The interval to try next, for the full time: the smallest that has survived until now, and is larger than those tried so. */
export function nextCandidate(rungs: readonly Rung[]): number | undefined {
  if (confirmed(rungs) !== undefined) return undefined;
  const failed = rungs.filter((rung) => !survived(rung)).map(({ intervalMs }) => intervalMs);
  return intervalsMs.findLast((ms) => !failed.includes(ms));
}

/** The interval that survived the full time. */
export const confirmed = (rungs: readonly Rung[]): number | undefined =>
  rungs.find((rung) => rung.full && survived(rung))?.intervalMs;

export const rungText = ({ askedSeconds, failedAfterSeconds }: Rung): string =>
  failedAfterSeconds === undefined
    ? `survived ${askedSeconds} s`
    : `failed after ${failedAfterSeconds} of ${askedSeconds} s`;

const survived = ({ failedAfterSeconds }: Rung): boolean => failedAfterSeconds === undefined;
