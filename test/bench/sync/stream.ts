import { pause } from "../../topology/clock.js";
import { type Distribution, round } from "../statistics.js";
import type { CreateQuestion } from "./program.js";
import { type Comparison, each, living, type OnBoth, type Replication } from "./replication.js";

/** What became of connections that came about, and ended, at a steady rate on the active node. */
export interface StreamResult {
  readonly perSecond: number;
  /** As it came out. */
  readonly achievedPerSecond: number;
  readonly created: number;
  /** Of these, ended on the active node meanwhile. */
  readonly ended: number;
  /** The tables afterwards. */
  readonly tables: Comparison;
  /** From the last birth until nothing was missing or left over on the standby; `undefined` when it never came so far. */
  readonly equalAfterMs: number | undefined;
  /** From birth, and from end, until the standby's kernel told an observer; of those that it saw. */
  readonly births: Distribution;
  readonly deaths: Distribution;
  /** The worst of the births in each second of the stream. */
  readonly worstBySecond: readonly number[];
  /** Processor time of the daemons in µs for each connection, their idle time included. */
  readonly cpuUs: OnBoth;
}

const idleMs = 3_000;

/** Processor time of the daemons, in ms for each second in which nothing is to be replicated. */
export async function measureIdle(replication: Replication): Promise<OnBoth> {
  const before = replication.cpu();
  await pause(idleMs);
  return each(before, replication.cpu(), idleMs / 1_000);
}

/** Makes connections at this rate and leaves those that live; `quietMs`: see {@link Replication.settle}. */
export async function measureStream(
  replication: Replication,
  load: Pick<CreateQuestion, "count" | "perSecond" | "lifeMs">,
  quietMs?: number,
): Promise<StreamResult> {
  await replication.watch(load.count);
  const before = replication.cpu();
  const created = await replication.create(load);
  const { births, deaths, worstBySecond, lastAt } = await replication.settle(created, quietMs);
  const after = replication.cpu();
  const tables = await replication.compare(living(created));
  const made = load.count - created.failed;
  const isEqual = tables.missing === 0 && tables.surplus === 0;
  return {
    perSecond: load.perSecond,
    achievedPerSecond: Math.round((made * 1_000) / (created.endedAt - created.startedAt)),
    created: made,
    ended: created.died.at(-1)?.to ?? 0,
    tables,
    equalAfterMs: isEqual ? Math.max(0, round(lastAt - created.endedAt)) : undefined,
    births,
    deaths,
    worstBySecond,
    cpuUs: each(before, after, made / 1_000),
  };
}

/** The numbers of the connections that such a load leaves, and of all that it made. */
export const rangeOf = ({ created }: StreamResult) => ({ from: 0, to: created });
