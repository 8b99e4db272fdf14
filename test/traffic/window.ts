/** What the client saw of the UDP service between two instants. */
export interface MeterReport {
  readonly sent: number;
  readonly answered: number;
  readonly lost: number;
  /** Longest time from the sending of the last answered datagram before a loss to that of the first after it. */
  readonly gapMs: number;
  /** Longest time in which no answer arrived. */
  readonly longestSilenceMs: number;
  /** Names of the servers that answered. */
  readonly servers: readonly string[];
  /** Answers that came twice, from a wrong address, or to a question never asked. */
  readonly wrong: number;
  /** Why: `doubled`, `unasked`, or the wrong source address. */
  readonly wrongBecause: readonly string[];
}

/** What one datagram met with; `answeredAt` 0 when it was lost. Instants in ms on CLOCK_MONOTONIC. */
export interface Datagram {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly server: string;
}

/**
 * Sums up the datagrams sent in a window. An outage that reaches an end of the window counts up to that end.
 */
export function summarise(
  datagrams: readonly Datagram[],
  fromMs: number,
  toMs: number,
  wrong: readonly string[],
): MeterReport {
  const answered = datagrams.filter(({ answeredAt }) => answeredAt > 0);
  return {
    sent: datagrams.length,
    answered: answered.length,
    lost: datagrams.length - answered.length,
    gapMs: tenths(longestGap(datagrams, fromMs, toMs)),
    longestSilenceMs: tenths(longestSilence(answered, fromMs, toMs)),
    servers: [...new Set(answered.map(({ server }) => server))].sort(),
    wrong: wrong.length,
    wrongBecause: [...new Set(wrong)].sort(),
  };
}

function longestGap(datagrams: readonly Datagram[], fromMs: number, toMs: number): number {
  let longest = 0;
  let lastAnswered = fromMs;
  let losing = false;
  for (const { sentAt, answeredAt } of datagrams) {
    if (answeredAt === 0) {
      losing = true;
      continue;
    }
    if (losing) longest = Math.max(longest, sentAt - lastAnswered);
    losing = false;
    lastAnswered = sentAt;
  }
  return losing ? Math.max(longest, toMs - lastAnswered) : longest;
}

function longestSilence(answered: readonly Datagram[], fromMs: number, toMs: number): number {
  const arrivals = answered.map(({ answeredAt }) => answeredAt).sort((a, b) => a - b);
  let longest = 0;
  let last = fromMs;
  for (const at of [...arrivals, toMs]) {
    longest = Math.max(longest, at - last);
    last = at;
  }
  return longest;
}

/** To tenths of a millisecond. */
export const tenths = (ms: number): number => Math.round(ms * 10) / 10;
