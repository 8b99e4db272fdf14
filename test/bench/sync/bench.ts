import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { round } from "../statistics.js";
import * as bound from "./bounds.js";
import { measureOutage, type OutageResult } from "./outage.js";
import { openConntrackd, openVipair, type ReplicatingPair } from "./pair.js";
import { measurePeak, type PeakResult } from "./peak.js";
import { measureRecords, type RecordsResult } from "./records.js";
import { type OnBoth, Replication } from "./replication.js";
import { measureSnapshot, type SnapshotResult } from "./snapshot.js";
import { measureIdle, measureStream, type StreamResult } from "./stream.js";
import { benchSurvival, type SurvivalBench } from "./survival.js";

/** Measured on both pairs, each alone on the machine and on a network of its own. */
const pairParts = ["stream", "churn", "peak", "outage", "snapshot"] as const;
type PairPart = (typeof pairParts)[number];
export const syncParts = ["survival", ...pairParts, "records"] as const;
export type SyncPart = (typeof syncParts)[number];

interface StreamPart {
  readonly idleCpu: OnBoth;
  readonly latency: StreamResult;
}

interface SnapshotPart {
  /** As many as the kernel's table takes here, at the rate of the bound. */
  readonly fill: StreamResult;
  /** In MB, without connections and with these. */
  readonly residentBefore: OnBoth;
  readonly residentAfter: OnBoth;
  readonly snapshot: SnapshotResult;
}

interface PairResults {
  readonly stream: StreamPart;
  readonly churn: StreamResult;
  readonly peak: PeakResult;
  readonly outage: OutageResult;
  readonly snapshot: SnapshotPart;
}

export interface SyncResult extends Partial<PairResults> {
  readonly pair: ReplicatingPair["name"];
  /** Of the machine over the minute before, by whatever ran on it. */
  readonly loadBefore: number;
}

export interface SyncBench {
  readonly bounds: typeof bound.bounds;
  readonly vipair: SyncResult;
  readonly conntrackd: SyncResult;
  readonly survival: SurvivalBench | undefined;
  readonly records: RecordsResult | undefined;
  /** Each bound that vipair missed, as a sentence. */
  readonly missed: readonly string[];
  readonly passed: boolean;
}

const latencyPerSecond = 2_000;
const latencyMs = 10_000;
const churnMs = 30_000;
const churnLifeMs = 5_000;
const recordCount = 500_000;
/** `nf_conntrack_max` is one for all namespaces of a machine, and may be written only outside: it stays as it is. */
const room = 0.9;

/** The parts that were asked for; `rounds` is how often each cause is tried in the part `survival`. */
export async function benchSync(
  parts: readonly SyncPart[],
  rounds: number,
  say: (line: string) => void,
): Promise<SyncBench> {
  const survival = parts.includes("survival") ? await benchSurvival(rounds, say) : undefined;
  const own = pairParts.filter((part) => parts.includes(part));
  const vipair = await measure("vipair", openVipair, own, say);
  const conntrackd = await measure("conntrackd", openConntrackd, own, say);
  const records = parts.includes("records") ? await measureRecords(recordCount) : undefined;
  const missed = [
    ...(survival ? bound.missedBySurvival(survival) : []),
    ...missedByPair(vipair, conntrackd),
    ...(records ? bound.missedByRecords(records) : []),
  ];
  return { bounds: bound.bounds, survival, vipair, conntrackd, records, missed, passed: missed.length === 0 };
}

async function measure(
  name: ReplicatingPair["name"],
  open: () => Promise<ReplicatingPair>,
  parts: readonly PairPart[],
  say: (line: string) => void,
): Promise<SyncResult> {
  const loadBefore = round(loadavg()[0] ?? 0);
  let results: Partial<PairResults> = {};
  for (const part of parts) {
    say(`${name}: ${part}`);
    const pair = await open();
    try {
      results = { ...results, ...(await measurePart(part, new Replication(pair), say)) };
    } finally {
      await pair.topology.close();
    }
  }
  return { pair: name, loadBefore, ...results };
}

async function measurePart(
  part: PairPart,
  replication: Replication,
  say: (line: string) => void,
): Promise<Partial<PairResults>> {
  const { perSecond } = bound.bounds;
  switch (part) {
    case "stream": {
      const idleCpu = await measureIdle(replication);
      const count = (latencyPerSecond * latencyMs) / 1_000;
      return { stream: { idleCpu, latency: await measureStream(replication, { perSecond: latencyPerSecond, count }) } };
    }
    case "churn": {
      const load = { perSecond, count: (perSecond * churnMs) / 1_000, lifeMs: churnLifeMs };
      return { churn: await measureStream(replication, load) };
    }
    case "peak":
      return { peak: await measurePeak(replication, say) };
    case "outage":
      return { outage: await measureOutage(replication) };
    case "snapshot": {
      const count = Math.floor(conntrackMax() * room);
      const residentBefore = replication.resident();
      const fill = await measureStream(replication, { perSecond, count });
      const residentAfter = replication.resident();
      const snapshot = await measureSnapshot(replication, count);
      return { snapshot: { fill, residentBefore, residentAfter, snapshot } };
    }
  }
}

function missedByPair({ stream, churn, peak, outage, snapshot }: SyncResult, conntrackd: SyncResult): string[] {
  return [
    ...(stream ? [...bound.missedByStream(stream.latency), ...bound.missedByLatency(stream.latency)] : []),
    ...(churn ? bound.missedByStream(churn) : []),
    ...(peak && conntrackd.peak ? bound.missedByPeaks(peak, conntrackd.peak) : []),
    ...(outage ? bound.missedByOutage(outage) : []),
    ...(snapshot ? [...bound.missedByStream(snapshot.fill), ...bound.missedBySnapshot(snapshot.snapshot)] : []),
  ];
}

const conntrackMax = (): number => Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_max", "utf8"));
