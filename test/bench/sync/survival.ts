import { type CauseName, causes } from "../../failover/cause.js";
import type { PairUnderTest } from "../../failover/pair.js";
import { measureSurvival, type Survival } from "../../failover/survival.js";
import { ReplicatingKeepalivedPair } from "../../keepalived/replicating.js";
import { openStage, type Stage } from "../../stage/stage.js";
import { pause } from "../../topology/clock.js";
import { Connections } from "../../traffic/connections/connections.js";
import { type TargetName, targets } from "../../traffic/target.js";
import { VipairPair } from "../../vipair/pair.js";

/** Established connections of one kind under one cause. */
export interface SurvivalRow extends Survival {
  readonly target: TargetName;
}

export interface SurvivalBench {
  readonly rounds: number;
  /** How often a busy connection was to ask; stretched to what the machine carries beside the bulk transfers. */
  readonly everyMs: number;
  readonly vipair: readonly SurvivalRow[];
  readonly peer: readonly SurvivalRow[];
}

const plan = { busy: 1_000, idle: 1_000, streams: 4 } as const;
const wantedMs = [10, 20, 50, 100, 200];
/** What may be missing of the rate that was asked for. */
const slack = 1.15;
const warmUpMs = 1_000;
const trialMs = 1_500;

const ownTargets: readonly TargetName[] = ["nat", "snat", "nat6"];
const ownCauses: readonly CauseName[] = ["planned", "killed", "clientLink", "power"];
const peerCauses: readonly CauseName[] = ["planned", "killed"];

/** Ours by every cause and in every mode; keepalived with conntrackd, which are configured for `nat`, by two causes. */
export async function benchSurvival(rounds: number, say: (line: string) => void): Promise<SurvivalBench> {
  const run = async <P extends PairUnderTest>(
    stage: Stage<P>,
    everyMs: number,
    names: readonly TargetName[],
    by: readonly CauseName[],
  ): Promise<SurvivalRow[]> => {
    const rows: SurvivalRow[] = [];
    for (const target of names) {
      for (const cause of by) rows.push(await measureRow(stage, target, cause, everyMs, rounds, say));
    }
    return rows;
  };
  const own = await openStage(VipairPair.start);
  const everyMs = await carried(own);
  say(`1000 busy connections ask every ${everyMs} ms each`);
  const vipair = await run(own, everyMs, ownTargets, ownCauses).finally(() => own.topology.close());
  const other = await openStage(ReplicatingKeepalivedPair.start);
  const peer = await run(other, everyMs, ["nat"], peerCauses).finally(() => other.topology.close());
  return { rounds, everyMs, vipair, peer };
}

async function measureRow(
  { topology, pair }: Stage,
  target: TargetName,
  cause: CauseName,
  everyMs: number,
  rounds: number,
  say: (line: string) => void,
): Promise<SurvivalRow> {
  const connections = await open({ topology }, target, everyMs);
  try {
    const survival = await measureSurvival(topology, pair, causes[cause], connections, rounds);
    const { lost, connections: all, because } = survival;
    const why = lost === 0 ? "" : ` (${JSON.stringify(because)})`;
    say(`${pair.name}: ${target}: ${causes[cause].title}: ${lost} of ${all} lost${why}`);
    return { target, ...survival };
  } finally {
    await Promise.all(connections.map((one) => one.end()));
  }
}

/** Bulk transfers in a process of their own: they would hold up the others. */
async function open(
  { topology }: Pick<Stage, "topology">,
  target: TargetName,
  everyMs: number,
): Promise<Connections[]> {
  const client = topology.host("client");
  const to = { targets: [targets[target]], everyMs };
  const interactive = await Connections.open(client, { ...to, ...plan, streams: 0 });
  return [interactive, await Connections.open(client, { ...to, ...plan, busy: 0, idle: 0 })];
}

/** The shortest interval that this machine keeps up beside the bulk transfers; the longest when it keeps none. */
async function carried(stage: Stage): Promise<number> {
  const [interactive, bulk] = (await open(stage, "nat", wantedMs.at(-1) ?? 0)) as [Connections, Connections];
  try {
    for (const everyMs of wantedMs) {
      await interactive.pace(everyMs);
      await pause(warmUpMs);
      await interactive.begin();
      await pause(trialMs);
      if ((await interactive.report()).everyMs <= slack * everyMs) return everyMs;
    }
    return wantedMs.at(-1) ?? 0;
  } finally {
    await Promise.all([interactive.end(), bulk.end()]);
  }
}
