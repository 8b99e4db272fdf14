import { type CauseName, causeNames, causes } from "../../failover/cause.js";
import { faultNames, trackedFaults, untrackedFaults } from "../../failover/fault.js";
import { type Failover, measureFailover, missedBounds } from "../../failover/measure.js";
import { KeepalivedPair } from "../../keepalived/pair.js";
import { keepEvidence } from "../../stage/evidence.js";
import { instrumented, openStage, type Stage } from "../../stage/stage.js";
import { VipairPair } from "../../vipair/pair.js";
import { type Figure, figure, ratio, worst } from "../statistics.js";
import { benchFaults, benchTrackedFaults, type FaultComparison, type Stages } from "./faults.js";
import { benchInterval, type IntervalResult } from "./interval.js";
import { type LoadResult, measureLoad, missedUnderLoad } from "./load.js";
import { missedInRuns, ownersText } from "./run.js";

/** What one pair did under one cause, over all runs. */
export interface CauseResult {
  readonly gapMs: Figure;
  readonly lost: Figure;
  readonly takeoverMs: Figure;
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

/** What can be asked for: causes of a failover, faults that are endured, full load, the smallest interval under it. */
export const failoverParts = [...causeNames, ...faultNames, "load", "interval"] as const;
export type FailoverPart = (typeof failoverParts)[number];

/** What is done unasked: all but the search for the smallest interval, which takes a quarter of an hour at least. */
export const usualParts = failoverParts.filter((part) => part !== "interval");

export interface FailoverOptions {
  readonly parts: readonly FailoverPart[];
  /** How often each cause and each fault strikes each pair. */
  readonly runs: number;
  /** How long full load lasts. */
  readonly loadSeconds: number;
  /** How long the smallest interval has to survive it. */
  readonly minutes: number;
}

export interface FailoverBench {
  readonly runs: number;
  readonly causes: readonly CauseComparison[];
  readonly faults: readonly FaultComparison[];
  readonly load: LoadResult | undefined;
  readonly interval: IntervalResult | undefined;
  readonly passed: boolean;
}

/** Each cause and fault on both pairs in turns, then both under full load. `say` gets a line for each step. */
export async function benchFailover(options: FailoverOptions, say: (line: string) => void): Promise<FailoverBench> {
  const { parts, runs, minutes } = options;
  const usual = parts.some((part) => part !== "interval") ? await onStages(options, say) : nothingMeasured;
  const interval = parts.includes("interval") ? await benchInterval(minutes, say) : undefined;
  return { runs, ...usual, interval };
}

const nothingMeasured = { causes: [], faults: [], load: undefined, passed: true } as const;

/** What is measured on one pair of each kind, that is not started anew for each part. */
async function onStages(
  { parts, runs, loadSeconds }: FailoverOptions,
  say: (line: string) => void,
): Promise<Omit<FailoverBench, "runs" | "interval">> {
  const vipair = await openStage((topology) => VipairPair.start(topology));
  const stages = { vipair, keepalived: await openStage((topology) => KeepalivedPair.start(topology)) };
  const asked = <Name extends FailoverPart>(names: readonly Name[]): Name[] =>
    names.filter((name) => parts.includes(name));
  const causes = await benchCauses(asked(causeNames), stages, runs, say);
  const untracked = await benchFaults(asked(untrackedFaults), stages, runs, say);
  if (parts.includes("load")) say(`both pairs under full load for ${loadSeconds} s`);
  const load = parts.includes("load") ? await measureLoad(stages, loadSeconds * 1_000) : undefined;
  const underLoad = load === undefined ? [] : missedUnderLoad(load);
  if (underLoad.length > 0) keepEvidence("full load");
  // Pairs of their own, last: namespaces that are removed hold up everybody's netlink, and with it the renewal of leases.
  const faults = [...untracked, ...(await benchTrackedFaults(asked(trackedFaults), runs, say))];
  await Promise.all([vipair.topology.close(), stages.keepalived.topology.close()]);
  const missed = [...[...causes, ...faults].flatMap((row) => row.missed), ...underLoad];
  return { causes, faults, load, passed: missed.length === 0 };
}

async function benchCauses(
  names: readonly CauseName[],
  { vipair, keepalived }: Stages,
  runs: number,
  say: (line: string) => void,
): Promise<CauseComparison[]> {
  const comparisons: CauseComparison[] = [];
  for (const name of names) {
    const [ours, theirs]: [Failover[], Failover[]] = [[], []];
    for (let run = 1; run <= runs; run++) {
      ours.push(await measureTurn(vipair, name, say));
      theirs.push(await measureTurn(keepalived, name, say));
    }
    comparisons.push(compare(name, ours, theirs));
  }
  return comparisons;
}

async function measureTurn({ topology, pair }: Stage, name: CauseName, say: (line: string) => void): Promise<Failover> {
  const cause = causes[name];
  const failover = await instrumented(topology, (instruments) => measureFailover(topology, pair, cause, instruments));
  const { meter: seen, ownership } = failover.failover;
  say(`${pair.name}: ${cause.title}: gap ${seen.gapMs} ms, ${seen.lost} lost, ${ownersText(ownership)}`);
  return failover;
}

function compare(cause: CauseName, ours: readonly Failover[], theirs: readonly Failover[]): CauseComparison {
  const [vipair, keepalived] = [summary(ours), summary(theirs)];
  return {
    cause,
    boundMs: causes[cause].gapMs,
    missed: missedInRuns(ours, (failover) => missedBounds(failover, causes[cause])),
    vipair,
    keepalived,
    ratio: {
      gapMs: ratio(keepalived.gapMs.median, vipair.gapMs.median),
      takeoverMs: ratio(keepalived.takeoverMs.median, vipair.takeoverMs.median),
    },
  };
}

function summary(runs: readonly Failover[]): CauseResult {
  return {
    gapMs: figure(runs.map(({ failover }) => failover.meter.gapMs)),
    lost: figure(runs.map(({ failover }) => failover.meter.lost)),
    takeoverMs: figure(runs.map(({ takeoverMs }) => takeoverMs)),
    overlap: runs.some(({ failover }) => failover.ownership.overlap),
    overlapMs: worst(runs.map(({ failover }) => failover.ownership.overlapMs)),
    runs,
  };
}
