import { type Endured, endure, missedInFault } from "../../failover/endure.js";
import { type Fault, type FaultName, faults, gatewayTrack } from "../../failover/fault.js";
import { KeepalivedPair } from "../../keepalived/pair.js";
import { keepEvidence } from "../../stage/evidence.js";
import { instrumented, openStage, type Stage } from "../../stage/stage.js";
import { upstream } from "../../topology/plan.js";
import { vipairConfiguration } from "../../vipair/configuration.js";
import { VipairPair } from "../../vipair/pair.js";
import { type Figure, figure } from "../statistics.js";
import { missedInRuns, ownersText } from "./run.js";

/** What one pair did under one fault, over all runs. */
export interface FaultResult {
  readonly gapMs: Figure;
  readonly lost: Figure;
  /** How long two of its nodes answered at once, and how much of that after the fault was healed. */
  readonly overlapMs: Figure;
  readonly overlapAfterMs: Figure;
  readonly takeovers: Figure;
  /** From the injection; of the runs in which it happened, and `undefined` when it never did. */
  readonly movedMs: Figure | undefined;
  readonly noticedMs: Figure | undefined;
  readonly runs: readonly Endured[];
}

export interface FaultComparison {
  readonly fault: FaultName;
  readonly lastsMs: number;
  readonly ownership: Fault["ownership"];
  readonly boundMs: number;
  readonly missed: readonly string[];
  readonly vipair: FaultResult;
  /** Or why the fault cannot strike it. */
  readonly keepalived: FaultResult | { readonly spared: string };
}

/** The two pairs on networks of their own. */
export interface Stages {
  readonly vipair: Stage;
  readonly keepalived: Stage;
}

/** Each fault as often as asked on both pairs, in turns. `say` gets a line for each. */
export async function benchFaults(
  names: readonly FaultName[],
  stages: Stages,
  runs: number,
  say: (line: string) => void,
): Promise<FaultComparison[]> {
  const comparisons: FaultComparison[] = [];
  for (const name of names) comparisons.push(await benchFault(faults[name], stages, runs, say));
  return comparisons;
}

/** The same for pairs that track a gateway, each in its own way, on networks of their own. */
export async function benchTrackedFaults(
  names: readonly FaultName[],
  runs: number,
  say: (line: string) => void,
): Promise<FaultComparison[]> {
  if (names.length === 0) return [];
  const configuration = (secretFile: string): string => vipairConfiguration(secretFile, { tracks: [gatewayTrack] });
  const vipair = await openStage((topology) => VipairPair.start(topology, configuration));
  const keepalived = await openStage((topology) => KeepalivedPair.start(topology, { gateway: upstream }));
  const comparisons = await benchFaults(names, { vipair, keepalived }, runs, say);
  await Promise.all([vipair.topology.close(), keepalived.topology.close()]);
  return comparisons;
}

async function benchFault(
  fault: Fault,
  { vipair, keepalived }: Stages,
  runs: number,
  say: (line: string) => void,
): Promise<FaultComparison> {
  const [ours, theirs]: [Endured[], Endured[]] = [[], []];
  for (let run = 1; run <= runs; run++) {
    ours.push(await measureTurn(vipair, fault, say));
    if (fault.sparesKeepalived === undefined) theirs.push(await measureTurn(keepalived, fault, say));
  }
  const missed = missedInRuns(ours, (endured) => missedInFault(endured, fault));
  if (missed.length > 0) keepEvidence(fault.title);
  return {
    fault: fault.name,
    lastsMs: fault.lastsMs,
    ownership: fault.ownership,
    boundMs: fault.gapMs,
    missed,
    vipair: summary(ours),
    keepalived: fault.sparesKeepalived === undefined ? summary(theirs) : { spared: fault.sparesKeepalived },
  };
}

async function measureTurn({ topology, pair }: Stage, fault: Fault, say: (line: string) => void): Promise<Endured> {
  const endured = await instrumented(topology, (instruments) => endure(topology, pair, fault, instruments));
  const { meter, ownership } = endured.seen;
  say(`${pair.name}: ${fault.title}: gap ${meter.gapMs} ms, ${ownersText(ownership)}, ${endured.takeovers} takeovers`);
  return endured;
}

function summary(runs: readonly Endured[]): FaultResult {
  const of = (value: (run: Endured) => number): Figure => figure(runs.map(value));
  const where = (value: (run: Endured) => number | undefined): Figure | undefined => {
    const values = runs.map(value).filter((one) => one !== undefined);
    return values.length === 0 ? undefined : figure(values);
  };
  return {
    gapMs: of(({ seen }) => seen.meter.gapMs),
    lost: of(({ seen }) => seen.meter.lost),
    overlapMs: of(({ seen }) => seen.ownership.overlapMs),
    overlapAfterMs: of(({ overlapAfterMs }) => overlapAfterMs),
    takeovers: of(({ takeovers }) => takeovers),
    movedMs: where(({ movedMs }) => movedMs),
    noticedMs: where(({ noticedMs }) => noticedMs),
    runs,
  };
}
