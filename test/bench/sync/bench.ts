import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { ratio, round } from "../statistics.js";
import { type IdleResult, ReplicationBench, type SnapshotResult, type StreamResult } from "./measure.js";
import { openConntrackd, openVipair, type ReplicatingPair } from "./pair.js";

export interface SyncResult {
  readonly pair: ReplicatingPair["name"];
  /** Of the machine over the minute before, by whatever ran on it. */
  readonly loadBefore: number;
  readonly idleCpu: IdleResult;
  readonly latency: StreamResult;
  readonly sustained: StreamResult;
  readonly snapshot: SnapshotResult;
}

export interface SyncBench {
  readonly bounds: typeof bounds;
  readonly vipair: SyncResult;
  readonly conntrackd: SyncResult;
  /** conntrackd's value by ours; left out where ours is 0, and for a snapshot that is not complete. */
  readonly ratio: Readonly<
    Record<"latencyP50" | "latencyP99" | "cpuActive" | "cpuStandby" | "snapshot", number | undefined>
  >;
  /** Each bound that vipair missed, as a sentence. */
  readonly missed: readonly string[];
  readonly passed: boolean;
}

export const bounds = { latencyP99Ms: 50, lost: 0, perSecond: 20_000, snapshotMs: 10_000 } as const;

const latencyPerSecond = 2_000;
const seconds = 10;
const existing = 200_000;
/** `nf_conntrack_max` is one for all namespaces of a machine, and may be written only outside: it stays as it is. */
const room = 0.9;

/** Both pairs one after the other, each alone on the machine and on a network of its own. */
export async function benchSync(say: (line: string) => void): Promise<SyncBench> {
  const count = Math.min(existing, Math.floor(conntrackMax() * room));
  if (count < existing) say(`nf_conntrack_max of this machine leaves room for ${count} connections only`);
  const vipair = await measure(openVipair, count, say);
  const conntrackd = await measure(openConntrackd, count, say);
  const missed = missedBounds(vipair);
  return { bounds, vipair, conntrackd, ratio: ratios(vipair, conntrackd), missed, passed: missed.length === 0 };
}

async function measure(
  open: () => Promise<ReplicatingPair>,
  count: number,
  say: (line: string) => void,
): Promise<SyncResult> {
  const loadBefore = round(loadavg()[0] ?? 0);
  const pair = await open();
  try {
    const bench = new ReplicationBench(pair);
    const idleCpu = await bench.idle();
    say(`${pair.name}: ${latencyPerSecond} connections a second for ${seconds} s`);
    const latency = await bench.stream(latencyPerSecond, latencyPerSecond * seconds);
    await bench.clear(latency.created);
    say(`${pair.name}: ${bounds.perSecond} connections a second, ${count} in all`);
    const sustained = await bench.stream(bounds.perSecond, count);
    say(`${pair.name}: the standby's daemon starts anew beside ${count} connections`);
    return { pair: pair.name, loadBefore, idleCpu, latency, sustained, snapshot: await bench.snapshot(count) };
  } finally {
    await pair.topology.close();
  }
}

function missedBounds({ latency, sustained, snapshot }: SyncResult): string[] {
  const missed: string[] = [];
  const check = (ok: boolean, sentence: string): void => {
    if (!ok) missed.push(sentence);
  };
  const { p99 } = latency.latencyMs;
  const { readyAfterMs, presentWhenReady } = snapshot;
  check(p99 <= bounds.latencyP99Ms, `p99 ${p99} ms from birth to the standby, bound ${bounds.latencyP99Ms} ms`);
  check(latency.lost === 0, `${latency.lost} of ${latency.created} lost at ${latency.perSecond} a second`);
  check(sustained.lost === 0, `${sustained.lost} of ${sustained.created} lost at ${sustained.perSecond} a second`);
  check(latency.altered + sustained.altered === 0, `${latency.altered + sustained.altered} entries not as they were`);
  check(
    sustained.achievedPerSecond >= 0.95 * bounds.perSecond,
    `only ${sustained.achievedPerSecond} connections a second came about`,
  );
  check(
    readyAfterMs !== undefined && readyAfterMs <= bounds.snapshotMs,
    `ready after ${readyAfterMs ?? "more than 30000"} ms beside ${snapshot.existing} connections, bound ${bounds.snapshotMs} ms`,
  );
  check(
    presentWhenReady === undefined || presentWhenReady >= snapshot.existing,
    `said it was ready with ${presentWhenReady} of ${snapshot.existing} connections`,
  );
  check(snapshot.lost === 0, `${snapshot.lost} of ${snapshot.existing} missing after the snapshot`);
  check(snapshot.roleChanges === 0, `${snapshot.roleChanges} role changes during the snapshot`);
  return missed;
}

function ratios(ours: SyncResult, theirs: SyncResult): SyncBench["ratio"] {
  const complete = ours.snapshot.lost === 0 && theirs.snapshot.lost === 0;
  return {
    latencyP50: ratio(theirs.latency.latencyMs.p50, ours.latency.latencyMs.p50),
    latencyP99: ratio(theirs.latency.latencyMs.p99, ours.latency.latencyMs.p99),
    cpuActive: ratio(theirs.sustained.cpuUs.active, ours.sustained.cpuUs.active),
    cpuStandby: ratio(theirs.sustained.cpuUs.standby, ours.sustained.cpuUs.standby),
    snapshot: complete ? ratio(theirs.snapshot.lastAfterMs, ours.snapshot.lastAfterMs) : undefined,
  };
}

const conntrackMax = (): number => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_max", "utf8"));
