import { type CauseName, causeNames, causes } from "../failover/cause.js";
import { type Failover, measureFailover, missedBounds } from "../failover/measure.js";
import { KeepalivedPair } from "../keepalived/pair.js";
import { endInstruments, openInstruments, openStage, type Stage } from "../stage/stage.js";
import { VipairPair } from "../vipair/pair.js";
import { type LoadResult, measureLoad } from "./load.js";
import { median, ratio, worst } from "./statistics.js";

/** What one pair did under one cause, over all runs. */
export interface CauseResult {
  readonly gapMs: { readonly median: number; readonly worst: number };
  readonly lost: { readonly median: number; readonly worst: number };
  readonly takeoverMs: { readonly median: number; readonly worst: number };
  /** Two nodes answered for the address at once, in any run, and for how long at worst. */
  readonly overlap: boolean;
  readonly overlapMs: number;
  readonly runs: readonly Failover[];
}

export interface CauseComparison {
  readonly cause: CauseName;
  readonly boundMs: number;
  readonly missed: readonly string[];
  readonly vipair: CauseResult;
  readonly keepalived: CauseResult;
  /** keepalived's value by ours; left out where ours is 0. */
  readonly ratio: { readonly gapMs: number | undefined; readonly takeoverMs: number | undefined };
}

export interface FailoverBench {
  readonly runs: number;
  readonly causes: readonly CauseComparison[];
  readonly load: LoadResult;
  readonly passed: boolean;
}

/** Each cause as often as asked on both pairs, in turns; then both under full load. `say` gets a line for each step. */
export async function benchFailover(runs: number, loadMs: number, say: (line: string) => void): Promise<FailoverBench> {
  const vipair = await openStage(VipairPair.start);
  const keepalived = await openStage(KeepalivedPair.start);
  const comparisons: CauseComparison[] = [];
  for (const name of causeNames) {
    const [ours, theirs]: [Failover[], Failover[]] = [[], []];
    for (let run = 1; run <= runs; run++) {
      ours.push(await measureTurn(vipair, name, say));
      theirs.push(await measureTurn(keepalived, name, say));
    }
    comparisons.push(compare(name, ours, theirs));
  }
  say(`both pairs under full load for ${loadMs / 1_000} s`);
  const load = await measureLoad(vipair, keepalived, loadMs);
  await Promise.all([vipair.topology.close(), keepalived.topology.close()]);
  const passed = load.vipair.failovers === 0 && comparisons.every(({ missed }) => missed.length === 0);
  return { runs, causes: comparisons, load, passed };
}

/** The instruments run only during the turn, so that the other pair is measured on an idle machine. */
async function measureTurn({ topology, pair }: Stage, name: CauseName, say: (line: string) => void): Promise<Failover> {
  const instruments = await openInstruments(topology, { http: false });
  try {
    const failover = await measureFailover(topology, pair, causes[name], instruments);
    const { meter: seen, ownership } = failover.failover;
    const owners = ownership.overlap ? `two owners for ${ownership.overlapMs} ms` : "one owner";
    say(`${pair.name}: ${causes[name].title}: gap ${seen.gapMs} ms, ${seen.lost} lost, ${owners}`);
    return failover;
  } finally {
    await endInstruments(instruments);
  }
}

function compare(cause: CauseName, ours: readonly Failover[], theirs: readonly Failover[]): CauseComparison {
  const [vipair, keepalived] = [summary(ours), summary(theirs)];
  return {
    cause,
    boundMs: causes[cause].gapMs,
    missed: ours.flatMap((failover, run) =>
      missedBounds(failover, causes[cause]).map((text) => `run ${run + 1}: ${text}`),
    ),
    vipair,
    keepalived,
    ratio: {
      gapMs: ratio(keepalived.gapMs.median, vipair.gapMs.median),
      takeoverMs: ratio(keepalived.takeoverMs.median, vipair.takeoverMs.median),
    },
  };
}

function summary(runs: readonly Failover[]): CauseResult {
  const both = (values: readonly number[]) => ({ median: median(values), worst: worst(values) });
  return {
    gapMs: both(runs.map(({ failover }) => failover.meter.gapMs)),
    lost: both(runs.map(({ failover }) => failover.meter.lost)),
    takeoverMs: both(runs.map(({ takeoverMs }) => takeoverMs)),
    overlap: runs.some(({ failover }) => failover.ownership.overlap),
    overlapMs: worst(runs.map(({ failover }) => failover.ownership.overlapMs)),
    runs,
  };
}
