import Table from "cli-table3";
import { causes } from "../../failover/cause.js";
import { ratio } from "../statistics.js";
import type { SyncBench, SyncResult } from "./bench.js";
import { bounds } from "./bounds.js";
import type { RecordsResult } from "./records.js";
import type { OnBoth } from "./replication.js";
import type { SurvivalBench } from "./survival.js";

type Value = number | string | undefined;
interface Line {
  readonly name: string;
  readonly bound?: string;
  readonly value: (of: SyncResult) => Value;
  /** Both values are numbers whose ratio means something. */
  readonly compared?: boolean;
}

/** The figures for people. */
export function syncTable(bench: SyncBench): string {
  const { survival, vipair, conntrackd, records, missed } = bench;
  const lines = linesOf(vipair);
  return [
    ...(survival ? survivalText(survival) : []),
    ...(lines.length > 0 ? replicationText(lines, vipair, conntrackd) : []),
    ...(records ? [recordsText(records)] : []),
    ...(missed.length === 0 ? ["pass"] : missed.map((text) => `FAIL: ${text}`)),
  ].join("\n");
}

function replicationText(lines: readonly Line[], vipair: SyncResult, conntrackd: SyncResult): string[] {
  const table = new Table({ head: ["", "bound", "vipair", "conntrackd", "ratio"], style: { head: [], border: [] } });
  for (const { name, bound = "", value, compared } of lines) {
    const [ours, theirs] = [value(vipair), value(conntrackd)];
    const by = compared && typeof ours === "number" && typeof theirs === "number" ? ratio(theirs, ours) : "";
    table.push([name, bound, ours ?? "–", theirs ?? "–", by ?? ""]);
  }
  return [
    "conntrackd: FT-FW over UDP on the sync net, DisableExternalCache yes (it injects at once), StartupResync yes, ResendQueueSize 524288.",
    "It takes real-time priority (SCHED_RR 99) by itself; vipaird outside of its heartbeat agent has none, and feels what else runs here.",
    "The ratio is conntrackd's value by ours. A snapshot's times begin with the start of the standby's daemon.",
    table.toString(),
    ...[vipair, conntrackd].flatMap(({ pair, peak }) => (peak ? `${pair}'s highest rate: ${peak.endedBy}` : [])),
  ];
}

const both = (of: OnBoth | undefined): Value => of && `${of.active} / ${of.standby}`;
const none = `${bounds.lost}`;

function linesOf({ stream, churn, peak, outage, snapshot }: SyncResult): Line[] {
  const lines = [
    ...(stream ? streamLines(stream.latency.perSecond, stream.latency.created) : []),
    ...(churn ? churnLines(churn.perSecond, churn.created) : []),
    ...(peak ? peakLines : []),
    ...(outage ? outageLines(outage.downMs / 1_000, outage.perSecond) : []),
    ...(snapshot ? snapshotLines(snapshot.fill.perSecond, snapshot.fill.created) : []),
  ];
  return lines.length === 0 ? [] : [{ name: "load average before", value: (it) => it.loadBefore }, ...lines];
}

const streamLines = (perSecond: number, created: number): Line[] => [
  { name: "CPU while idle, ms a second, active / standby", value: (it) => both(it.stream?.idleCpu) },
  {
    name: `${perSecond}/s: birth to standby p50, ms`,
    value: (it) => it.stream?.latency.births.p50,
    compared: true,
  },
  {
    name: "  p99, ms",
    bound: `≤ ${bounds.latencyP99Ms}`,
    value: (it) => it.stream?.latency.births.p99,
    compared: true,
  },
  { name: "  worst, ms", value: (it) => it.stream?.latency.births.worst },
  { name: `  lost of ${created}`, bound: none, value: (it) => it.stream?.latency.tables.missing },
  { name: "  CPU, µs each, active / standby", value: (it) => both(it.stream?.latency.cpuUs) },
];

const churnLines = (perSecond: number, created: number): Line[] => [
  { name: `${perSecond}/s born and ended, came about a second`, value: (it) => it.churn?.achievedPerSecond },
  { name: `  missing of ${created}`, bound: none, value: (it) => it.churn?.tables.missing },
  { name: "  ended, but still on the standby", bound: none, value: (it) => it.churn?.tables.surplus },
  { name: "  tables equal after the last birth, ms", value: (it) => it.churn?.equalAfterMs },
  { name: "  birth to standby p99, ms", value: (it) => it.churn?.births.p99 },
  { name: "  end to standby p99, ms", value: (it) => it.churn?.deaths.p99 },
  { name: "  CPU, µs each, active / standby", value: (it) => both(it.churn?.cpuUs) },
];

const peakLines: Line[] = [
  {
    name: "highest rate born and ended, nothing lost, a second",
    bound: `≥ ${bounds.perSecond}`,
    value: (it) => it.peak?.perSecond,
    compared: true,
  },
];

const outageLines = (seconds: number, perSecond: number): Line[] => [
  {
    name: `link down ${seconds} s at ${perSecond}/s: all there after, ms`,
    bound: `≤ ${bounds.caughtUpMs}`,
    value: (it) => it.outage?.caughtUpAfterMs,
  },
  {
    name: "  says that it is in step after, ms",
    bound: `≤ ${bounds.caughtUpMs}`,
    value: (it) => it.outage?.readyAfterMs,
  },
  { name: "  missing afterwards", bound: none, value: (it) => it.outage?.tables.missing },
  { name: "  ended, but still on the standby", bound: none, value: (it) => it.outage?.tables.surplus },
  { name: "  RSS before, MB, active / standby", value: (it) => both(it.outage?.residentBefore) },
  { name: "  RSS afterwards", value: (it) => both(it.outage?.residentAfter) },
];

const snapshotLines = (perSecond: number, created: number): Line[] => [
  { name: `${created} born at ${perSecond}/s: lost`, bound: none, value: (it) => it.snapshot?.fill.tables.missing },
  {
    name: "  CPU, µs each, active",
    value: (it) => it.snapshot?.fill.cpuUs.active,
    compared: true,
  },
  {
    name: "  CPU, µs each, standby",
    value: (it) => it.snapshot?.fill.cpuUs.standby,
    compared: true,
  },
  { name: "  RSS without connections, MB, active / standby", value: (it) => both(it.snapshot?.residentBefore) },
  { name: "  RSS with these", value: (it) => both(it.snapshot?.residentAfter) },
  {
    name: "  snapshot of these: ready, ms",
    bound: `≤ ${bounds.snapshotMs}`,
    value: (it) => it.snapshot?.snapshot.readyAfterMs,
  },
  { name: "  last entry in, ms", value: (it) => it.snapshot?.snapshot.lastAfterMs, compared: true },
  { name: "  missing afterwards", bound: none, value: (it) => it.snapshot?.snapshot.tables.missing },
  {
    name: "  role changes",
    bound: "0",
    value: (it) => (it.pair === "vipair" ? it.snapshot?.snapshot.roleChanges : undefined),
  },
];

function survivalText({ rounds, everyMs, vipair, peer }: SurvivalBench): string[] {
  const head = ["pair", "mode", "cause", "lost", "bulk intact", "asked every ms", "longest pause ms", "back"];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const row of [...vipair, ...peer]) {
    table.push([
      row.pair,
      modes[row.target],
      causes[row.cause].title,
      `${row.lost} of ${row.connections}`,
      `${row.streamsIntact} of ${row.streams}`,
      row.everyMs,
      `${row.away.longestWaitMs} / ${row.away.longestSilenceMs}`,
      `${row.back.longestWaitMs} / ${row.back.longestSilenceMs}`,
    ]);
  }
  return [
    "Established connections: 1000 busy ones that ask and are answered, 1000 idle ones, 4 bulk transfers at full speed of which",
    `every octet is compared. Ownership moves by the cause and, after 2 s or as soon as it can, back, in ${rounds} rounds. Lost: reset, closed,`,
    "wrong octets, or no progress for 10 s; bound 0. Longest pause: of a busy connection / of a bulk transfer.",
    everyMs > 10
      ? `A question every 10 ms is more than this machine carries beside the bulk transfers: one every ${everyMs} ms was wanted.`
      : "Each busy connection asks every 10 ms.",
    table.toString(),
  ];
}

const modes = { nat: "nat, IPv4", snat: "snat, IPv4", nat6: "nat, IPv6", snat6: "snat, IPv6" } as const;

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);

function recordsText({ count, source, replica }: RecordsResult): string {
  const of = ({ residentMb, bytes }: RecordsResult["source"]): string =>
    `RSS grew by ${residentMb.toFixed(0)} MB, it counts ${megabytes(bytes)} MB itself`;
  return [
    `Source and Replica of packages/sync in one process, without a kernel, ${count} synthetic IPv4 records:`,
    `  source: ${of(source)}; replica: ${of(replica)}.`,
  ].join("\n");
}
