import type { DriftReport } from "@vipair/model";

/** Notes when the drift of a replica was found to grow, and tells so when it has come to rest, or after a while. */
export interface DriftWatch {
  /** When more was found the last time: ISO 8601. */
  readonly at: string | undefined;
  /** Call it often, with all that was found since the last reset. */
  look(drift: DriftReport): void;
  reset(): void;
}

const restMs = 1_000;
const patienceMs = 10_000;
const none: DriftReport = { missing: 0, surplus: 0, different: 0 };

/** @param tell told of what was found since it was told last */
export function openDriftWatch(tell: (found: DriftReport) => void): DriftWatch {
  let seen = none;
  let told = none;
  let changedAt = 0;
  let untoldSince = 0;
  let at: string | undefined;
  return {
    get at() {
      return at;
    },
    look: (drift) => {
      const now = performance.now();
      if (sumOf(drift) !== sumOf(seen)) {
        if (seen === told) untoldSince = now;
        seen = drift;
        changedAt = now;
        at = new Date().toISOString();
      }
      if (seen === told || (now - changedAt < restMs && now - untoldSince < patienceMs)) return;
      tell(minus(seen, told));
      told = seen;
    },
    reset: () => {
      seen = none;
      told = none;
      at = undefined;
    },
  };
}

const sumOf = ({ missing, surplus, different }: DriftReport): number => missing + surplus + different;

const minus = (all: DriftReport, some: DriftReport): DriftReport => ({
  missing: all.missing - some.missing,
  surplus: all.surplus - some.surplus,
  different: all.different - some.different,
});
