import { monotonicMs, until } from "../../topology/clock.js";
import { round } from "../statistics.js";
import { type Comparison, each, type OnBoth, type Replication } from "./replication.js";

/** The standby's daemon starts anew, in a kernel that has nothing, while the active node has many connections. */
export interface SnapshotResult {
  /** From the start of the standby's daemon until it said it was ready; `undefined` when it cannot say, or never did. */
  readonly readyAfterMs: number | undefined;
  /** Entries that were missing on the standby when it said so. */
  readonly missingWhenReady: number | undefined;
  /** From the start of the daemon to the arrival of the last entry. */
  readonly lastAfterMs: number;
  readonly tables: Comparison;
  /** Of the node that was active all the time. */
  readonly roleChanges: number;
  readonly cpuMs: OnBoth;
}

const readyDeadlineMs = 30_000;

export async function measureSnapshot(replication: Replication, count: number): Promise<SnapshotResult> {
  const { pair } = replication;
  const range = { from: 0, to: count };
  await pair.stopStandby();
  await replication.clearStandby(range);
  const rolesBefore = await pair.roleChanges();
  await replication.watch(count);
  const before = replication.cpu();
  const startedAt = monotonicMs();
  pair.startStandby();
  const readyAfterMs = await readyAfter(replication, startedAt);
  const missingWhenReady = readyAfterMs === undefined ? undefined : (await replication.compare(range)).missing;
  const all = { born: [{ to: count, at: startedAt }], died: [], failed: 0, startedAt, endedAt: startedAt };
  const { lastAt } = await replication.settle({ type: "created", ...all });
  return {
    readyAfterMs,
    missingWhenReady,
    lastAfterMs: round(lastAt - startedAt),
    tables: await replication.compare(range),
    roleChanges: (await pair.roleChanges()) - rolesBefore,
    cpuMs: each(before, replication.cpu(), 1),
  };
}

async function readyAfter({ pair }: Replication, startedAt: number): Promise<number | undefined> {
  const answer = await until(
    "the standby is ready",
    readyDeadlineMs,
    async () => {
      const ready = await pair.ready();
      return ready === false ? undefined : { ready };
    },
    20,
  ).catch(() => undefined);
  return answer?.ready === true ? round(monotonicMs() - startedAt) : undefined;
}
