/**
 * The smallest heartbeat interval that full CPU load does not make fail over. Both pairs go down a ladder of intervals, at
 * once and under the same load, each rung until its first failover that nobody asked for. The smallest that survived its short
 * rung then has to survive for as long as asked; when it does not, the next larger one has to.
 */
import { availableParallelism } from "node:os";
import type { PairUnderTest } from "../../failover/pair.js";
import { KeepalivedPair } from "../../keepalived/pair.js";
import { openStage, type Stage } from "../../stage/stage.js";
import { monotonicMs, pause, until } from "../../topology/clock.js";
import type { Topology } from "../../topology/topology.js";
import { vipairConfiguration } from "../../vipair/configuration.js";
import { VipairPair } from "../../vipair/pair.js";
import { confirmed, nextCandidate, nextDown, type Rung, rungText } from "./ladder.js";
import { fullLoad } from "./load.js";

export interface Climb {
  /** In the order in which they were tried: the ladder down, then the candidates. */
  readonly rungs: readonly Rung[];
  /** The smallest interval that survived the full time; `undefined` when none did. */
  readonly smallestMs: number | undefined;
}

export interface IntervalResult {
  readonly minutes: number;
  readonly busyProcesses: number;
  readonly vipair: Climb;
  /** With its real-time options. */
  readonly keepalived: Climb;
}

const starts = {
  vipair: (topology: Topology, intervalMs: number): Promise<PairUnderTest> =>
    VipairPair.start(topology, (secretFile) => vipairConfiguration(secretFile, { intervalMs })),
  keepalived: (topology: Topology, intervalMs: number): Promise<PairUnderTest> =>
    KeepalivedPair.start(topology, { intervalMs, realTime: true }),
} as const;
type Climber = keyof typeof starts;

const shortSeconds = 30;

/** `say` gets a line for each rung. */
export async function benchInterval(minutes: number, say: (line: string) => void): Promise<IntervalResult> {
  const rungs: Record<Climber, Rung[]> = { vipair: [], keepalived: [] };
  const stages = new Map<Climber, Stage>();
  const climb = async (next: (of: readonly Rung[]) => number | undefined, full: boolean): Promise<boolean> => {
    const chosen = (["vipair", "keepalived"] as const).flatMap((name) => {
      const intervalMs = next(rungs[name]);
      return intervalMs === undefined ? [] : [{ name, intervalMs }];
    });
    const askedSeconds = full ? minutes * 60 : shortSeconds;
    const failed = await sufferAtOnce(chosen, stages, askedSeconds);
    for (const [i, { name, intervalMs }] of chosen.entries()) {
      const rung = { intervalMs, askedSeconds, full, failedAfterSeconds: failed[i] };
      rungs[name].push(rung);
      say(`${name}, ${intervalMs} ms: ${rungText(rung)}`);
    }
    return chosen.length > 0;
  };
  while (await climb(nextDown, false));
  while (await climb(nextCandidate, true));
  await Promise.all([...stages.values()].map(({ topology }) => topology.close()));
  const result = (name: Climber): Climb => ({ rungs: rungs[name], smallestMs: confirmed(rungs[name]) });
  return {
    minutes,
    busyProcesses: availableParallelism(),
    vipair: result("vipair"),
    keepalived: result("keepalived"),
  };
}

interface Suffering {
  readonly name: Climber;
  readonly intervalMs: number;
}

/** Under one load, which ends when each has survived or failed; after how many seconds each failed. */
async function sufferAtOnce(
  pairs: readonly Suffering[],
  stages: Map<Climber, Stage>,
  seconds: number,
): Promise<readonly (number | undefined)[]> {
  if (pairs.length === 0) return [];
  const started: (PairUnderTest | undefined)[] = [];
  for (const pair of pairs) started.push(await startOn(stages, pair));
  await pause(startedMs);
  return fullLoad(() => Promise.all(started.map((pair) => firstFailover(pair, seconds))));
}

/**
 * Ends what ran before on the contender's network, which lives as long as the bench: the kernel holds up everybody's netlink
 * while it removes namespaces. `undefined` when the pair does not even start with this interval.
 */
async function startOn(
  stages: Map<Climber, Stage>,
  { name, intervalMs }: Suffering,
): Promise<PairUnderTest | undefined> {
  const start = (topology: Topology): Promise<PairUnderTest> => starts[name](topology, intervalMs);
  const before = stages.get(name);
  try {
    await before?.pair.end();
    const stage = before === undefined ? await openStage(start) : { ...before, pair: await start(before.topology) };
    stages.set(name, stage);
    return stage.pair;
  } catch {
    await before?.topology.close();
    stages.delete(name);
    return undefined;
  }
}

/** What a start leaves behind is over then. */
const startedMs = 8_000;
const lookEveryMs = 1_000;

/** After how many seconds it came; 0 when there is not even a pair, `undefined` when it did not come. */
async function firstFailover(pair: PairUnderTest | undefined, seconds: number): Promise<number | undefined> {
  if (pair === undefined) return 0;
  const before = await pair.takeovers();
  const begunAt = monotonicMs();
  const moved = async (): Promise<boolean> => (await pair.takeovers()) !== before;
  const failed = await until("a failover", seconds * 1_000, moved, lookEveryMs).catch(moved);
  return failed ? Math.round((monotonicMs() - begunAt) / 1_000) : undefined;
}
