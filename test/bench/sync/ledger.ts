import { type Distribution, distribution, round } from "../statistics.js";

/** All connections up to before `to` had been born, or had died, at this instant. */
export interface Step {
  readonly to: number;
  readonly at: number;
}

export interface LedgerSummary {
  /** Births that were seen here, and how long after the birth. */
  readonly births: Distribution;
  /** Ends that were seen here, and how long after the end. */
  readonly deaths: Distribution;
  /** The worst of the births in each second. */
  readonly worstBySecond: readonly number[];
  /** The last birth or end that was seen; 0 when there was none. */
  readonly lastAt: number;
  /** When the last of what had happened before `since` was here; `since` itself when nothing was missing then. */
  readonly caughtUpAt: number;
}

/** When each of the numbered connections arrived in a kernel, and when it ended there; 0 for not yet. */
export class Ledger {
  readonly #arrivals: Float64Array;
  readonly #ends: Float64Array;

  constructor(readonly count: number) {
    this.#arrivals = new Float64Array(count);
    this.#ends = new Float64Array(count);
  }

  /** One that is replaced was there since its first arrival, and has not ended. */
  arrived(number: number, at: number): void {
    if (this.#arrivals[number] === 0) this.#arrivals[number] = at;
    this.#ends[number] = 0;
  }

  ended(number: number, at: number): void {
    this.#ends[number] = at;
  }

  /** Whether all that live were seen to arrive, and all that died, if they ever arrived, to end. */
  isComplete(born: number, died: number): boolean {
    for (let number = 0; number < born; number++) {
      const here = this.#arrivals[number] !== 0;
      if (number < died ? here && this.#ends[number] === 0 : !here) return false;
    }
    return true;
  }

  summarise(born: readonly Step[], died: readonly Step[], since = 0): LedgerSummary {
    const births: number[] = [];
    const deaths: number[] = [];
    const worst: number[] = [];
    const startedAt = born[0]?.at ?? 0;
    let [lastAt, caughtUpAt] = [0, since];
    const note = (seenAt: number, at: number, into: number[]): void => {
      if (seenAt === 0) return;
      into.push(seenAt - at);
      lastAt = Math.max(lastAt, seenAt);
      if (at < since) caughtUpAt = Math.max(caughtUpAt, seenAt);
    };
    eachOf(born, (number, at) => {
      const seenAt = this.#arrivals[number] ?? 0;
      const second = Math.floor((at - startedAt) / 1_000);
      worst[second] = Math.max(worst[second] ?? 0, seenAt - at);
      note(seenAt, at, births);
    });
    eachOf(died, (number, at) => note(this.#ends[number] ?? 0, at, deaths));
    return {
      births: distribution(births),
      deaths: distribution(deaths),
      worstBySecond: worst.map(round),
      lastAt,
      caughtUpAt,
    };
  }
}

function eachOf(steps: readonly Step[], visit: (number: number, at: number) => void): void {
  let number = 0;
  for (const { to, at } of steps) for (; number < to; number++) visit(number, at);
}
