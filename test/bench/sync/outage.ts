import { monotonicMs, pause, until } from "../../topology/clock.js";
import { otherLb } from "../../topology/plan.js";
import { round } from "../statistics.js";
import { type Comparison, living, type OnBoth, type Replication } from "./replication.js";

/** The peer link is down for a while under load, and comes back. */
export interface OutageResult {
  readonly downMs: number;
  readonly perSecond: number;
  readonly created: number;
  /** From the return of the link until all that had happened before was in the standby's kernel. */
  readonly caughtUpAfterMs: number;
  /** From the return of the link until the standby said it was in step; `undefined` when it cannot say, or never did. */
  readonly readyAfterMs: number | undefined;
  readonly tables: Comparison;
  /** In MB, before the link went down and after all was in step again. */
  readonly residentBefore: OnBoth;
  readonly residentAfter: OnBoth;
}

export const downMs = 10_000;
const perSecond = 2_000;
const lifeMs = 4_000;
const beforeMs = 5_000;
const afterMs = 6_000;

export async function measureOutage(replication: Replication): Promise<OutageResult> {
  const { pair } = replication;
  const standby = otherLb(pair.active);
  const count = ((beforeMs + downMs + afterMs) * perSecond) / 1_000;
  await replication.watch(count);
  const creating = replication.create({ count, perSecond, lifeMs });
  await pause(beforeMs);
  const residentBefore = replication.resident();
  await pair.topology.cutLink(standby, "eth2");
  await pause(downMs);
  await pair.topology.restoreLink(standby, "eth2");
  const restoredAt = monotonicMs();
  const readyAfterMs = await readyAfter(replication, restoredAt);
  const created = await creating;
  const { caughtUpAt } = await replication.settle(created, undefined, restoredAt);
  return {
    downMs,
    perSecond,
    created: count - created.failed,
    caughtUpAfterMs: round(caughtUpAt - restoredAt),
    readyAfterMs,
    tables: await replication.compare(living(created)),
    residentBefore,
    residentAfter: replication.resident(),
  };
}

async function readyAfter({ pair }: Replication, restoredAt: number): Promise<number | undefined> {
  if ((await pair.ready()) === undefined) return undefined;
  const ready = await until("the standby is in step", 30_000, () => pair.ready(), 10).catch(() => false);
  return ready ? round(monotonicMs() - restoredAt) : undefined;
}
