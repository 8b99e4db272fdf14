/**
 * Milliseconds on CLOCK_MONOTONIC. Every process of a measurement reads this clock, so their readings can be compared:
 * namespaces share it.
 */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What to add to CLOCK_REALTIME milliseconds, which tcpdump prints, to get {@link monotonicMs}. */
export const realtimeToMonotonicMs = (): number => monotonicMs() - (performance.timeOrigin + performance.now());

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Asks until the answer is neither `undefined` nor `false`; throws `what` after the deadline.
 * An exception from `ask` counts as "not yet" and is named when the deadline passes.
 */
export async function until<T>(
  what: string,
  deadlineMs: number,
  ask: () => T | undefined | false | Promise<T | undefined | false>,
  everyMs = 50,
): Promise<T> {
  const end = monotonicMs() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (monotonicMs() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: last });
    await pause(everyMs);
  }
}
