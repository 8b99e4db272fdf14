import type { Replication } from "./replication.js";
import { measureStream, rangeOf, type StreamResult } from "./stream.js";

/** How far the rate can be raised until something is lost or left behind. */
export interface PeakResult {
  /** The highest rate of births, and of ends, at which nothing was; 0 when there is none. */
  readonly perSecond: number;
  /** What was wrong with the next. */
  readonly endedBy: string;
  readonly steps: readonly StreamResult[];
}

const firstPerSecond = 20_000;
const stepPerSecond = 10_000;
const lastPerSecond = 120_000;
const stepMs = 5_000;
/** Twice the highest rate does not fill the table. */
const lifeMs = 1_000;
/** So soon after the last birth both tables have to be equal. */
const behindMs = 1_000;

/** Steps of five seconds, each faster than the one before, in which connections end as fast as they come about. */
export async function measurePeak(replication: Replication, say: (line: string) => void): Promise<PeakResult> {
  const steps: StreamResult[] = [];
  for (let perSecond = firstPerSecond; perSecond <= lastPerSecond; perSecond += stepPerSecond) {
    say(`${replication.pair.name}: ${perSecond} connections a second`);
    const load = { count: (perSecond * stepMs) / 1_000, perSecond, lifeMs };
    const step = await measureStream(replication, load, 2 * behindMs);
    steps.push(step);
    const wrong = complaint(step);
    if (wrong !== undefined) return { perSecond: steps.at(-2)?.perSecond ?? 0, endedBy: wrong, steps };
    await replication.clear(rangeOf(step));
  }
  return { perSecond: lastPerSecond, endedBy: "the end of the measurement", steps };
}

function complaint({ perSecond, achievedPerSecond, tables, equalAfterMs }: StreamResult): string | undefined {
  const at = `at ${perSecond}/s`;
  if (achievedPerSecond < 0.95 * perSecond) return `${at} only ${achievedPerSecond}/s came about on this machine`;
  if (tables.missing + tables.surplus > 0) {
    return `${at} ${tables.missing} were missing and ${tables.surplus} left over after ${2 * behindMs} ms`;
  }
  if (tables.altered > 0) return `${at} ${tables.altered} were altered`;
  if (equalAfterMs === undefined || equalAfterMs > behindMs) {
    return `${at} the tables were equal ${equalAfterMs ?? "more than 2000"} ms after the last birth`;
  }
  return undefined;
}
