import { pause } from "../topology/clock.js";
import type { Host } from "../topology/host.js";
import { openContender } from "./contender/all.js";
import type { BenchService, Contender, ContenderName, Network } from "./contender/contender.js";
import { median, round } from "./statistics.js";
import { machineBusyMs } from "./usage.js";

/** What a load measured once. */
export interface Reading {
  /** What passed in a second. */
  readonly perSecond: number;
  /** Processor time of the balancer's whole machine for each: µs. Client and servers are included where they are on it. */
  readonly eachUs: number;
}

/** Over all rounds. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  least: round(Math.min(...values)),
  most: round(Math.max(...values)),
});

/** What a start leaves behind, such as compilation and the proof that a takeover has arrived, is over then. */
export const settleMs = 6_000;

/**
 * Lets each contender have its turn in every round, A B C A B C …, each alone: what disturbs the machine for a while
 * disturbs them all.
 *
 * @param network shared by all, with servers that answer; left out: each has one of its own
 */
export async function takeTurns<Result>(
  names: readonly ContenderName[],
  rounds: number,
  services: readonly BenchService[],
  measure: (contender: Contender, round: number) => Promise<Result>,
  network?: Network,
): Promise<ReadonlyMap<ContenderName, readonly Result[]>> {
  const results = new Map<ContenderName, Result[]>(names.map((name) => [name, []]));
  const contenders: Contender[] = [];
  try {
    for (const name of names) contenders.push(await openContender(name, network));
    for (let turn = 1; turn <= rounds; turn++) {
      for (const contender of contenders) {
        await contender.start(services);
        await pause(settleMs);
        results.get(contender.name)?.push(await measure(contender, turn));
        await contender.stop();
      }
    }
  } finally {
    const own = contenders.filter(({ topology }) => topology !== network);
    await Promise.all(own.map(({ topology }) => topology.close()));
  }
  return results;
}

/**
 * The processor time that each of what a load counts has cost the balancer's machine.
 * @param idle how busy that is without the load, 0 to 1 for each processor: left out of the account
 */
export async function reading<Load extends { readonly perSecond: number; readonly count: number }>(
  balancer: Host,
  load: () => Promise<Load>,
  idle = 0,
): Promise<Load & Reading> {
  const [before, began] = [await machineBusyMs(balancer), performance.now()];
  const measured = await load();
  const spent = (await machineBusyMs(balancer)) - before - idle * (performance.now() - began);
  return { ...measured, eachUs: (spent * 1_000) / Math.max(1, measured.count) };
}

/** How busy the machine is meanwhile: 1 is one processor. */
export async function busyShare(host: Host, ms: number): Promise<number> {
  const [before, began] = [await machineBusyMs(host), performance.now()];
  await pause(ms);
  return ((await machineBusyMs(host)) - before) / (performance.now() - began);
}
