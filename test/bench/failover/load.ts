import { availableParallelism } from "node:os";
import { ArpWatch } from "../../arp/watch.js";
import type { Stage } from "../../stage/stage.js";
import { monotonicMs, pause } from "../../topology/clock.js";
import { Running } from "../../topology/running.js";
import type { Stages } from "./faults.js";

export interface UnderLoad {
  readonly failovers: number;
  /** The longest time between two answers for the address, which is asked for every 10 ms. */
  readonly silenceMs: number;
  /** How long two nodes answered. */
  readonly overlapMs: number;
}

export interface LoadResult {
  readonly seconds: number;
  /** Busy processes beside the pairs: one for each core. */
  readonly busyProcesses: number;
  readonly vipair: UnderLoad;
  readonly keepalived: UnderLoad;
}

/** Keeps every core busy for a while, and tells what both pairs did that nobody asked for. */
export async function measureLoad({ vipair, keepalived }: Stages, forMs: number): Promise<LoadResult> {
  const [ours, theirs] = await fullLoad(() => Promise.all([suffer(vipair, forMs), suffer(keepalived, forMs)]));
  return { seconds: forMs / 1_000, busyProcesses: availableParallelism(), vipair: ours, keepalived: theirs };
}

/** Each bound that was missed, as a sentence. */
export const missedUnderLoad = ({ vipair }: LoadResult): string[] => [
  ...(vipair.failovers > 0 ? [`full load: ${vipair.failovers} failovers that nobody asked for`] : []),
  ...(vipair.overlapMs > 0 ? [`full load: two owners answered for ${vipair.overlapMs} ms`] : []),
];

/** Does something while every core is busy with something else. */
export async function fullLoad<Result>(during: () => Promise<Result>): Promise<Result> {
  const busy = Array.from(
    { length: availableParallelism() },
    () => new Running([process.execPath, "-e", "for (;;) {}"]),
  );
  const end = (): void => {
    for (const running of busy) running.signalAll("SIGKILL");
  };
  process.once("exit", end);
  try {
    return await during();
  } finally {
    end();
    process.off("exit", end);
  }
}

async function suffer({ topology, pair }: Stage, forMs: number): Promise<UnderLoad> {
  const before = await pair.takeovers();
  const arp = await ArpWatch.open(topology);
  const fromMs = monotonicMs();
  await pause(forMs);
  const { silenceMs, overlapMs } = await arp.report(fromMs, monotonicMs());
  await arp.end();
  return { failovers: (await pair.takeovers()) - before, silenceMs, overlapMs };
}
