import Table from "cli-table3";
import { causes } from "../../failover/cause.js";
import { type Fault, faults } from "../../failover/fault.js";
import type { Figure } from "../statistics.js";
import type { CauseResult, FailoverBench } from "./bench.js";
import type { FaultComparison, FaultResult } from "./faults.js";
import type { Climb, IntervalResult } from "./interval.js";
import { intervalsMs, rungText } from "./ladder.js";
import { type LoadResult, missedUnderLoad } from "./load.js";

/** The figures for people. */
export function failoverTable(bench: FailoverBench): string {
  const missed = [
    ...bench.causes.flatMap((row) => row.missed.map((text) => `${causes[row.cause].title}: ${text}`)),
    ...bench.faults.flatMap((row) => row.missed.map((text) => `${faults[row.fault].title}: ${text}`)),
  ];
  return [
    ...(bench.causes.length > 0 ? causeTable(bench) : []),
    ...(bench.faults.length > 0 ? faultTable(bench) : []),
    ...(bench.load === undefined ? [] : loadLines(bench.load)),
    ...(bench.interval === undefined ? [] : intervalTable(bench.interval)),
    ...missed,
    ...(bench.load === undefined ? [] : missedUnderLoad(bench.load)),
  ].join("\n");
}

function causeTable({ causes: rows, runs }: FailoverBench): string[] {
  const table = new Table({
    head: ["cause", "bound ms", "vipair gap", "lost", "owners", "keepalived gap", "lost", "owners", "result"],
    style: { head: [], border: [] },
  });
  for (const { cause, boundMs, missed, vipair, keepalived } of rows) {
    table.push([causes[cause].title, boundMs, ...causeCells(vipair), ...causeCells(keepalived), resultCell(missed)]);
  }
  return [
    `Gap in ms, median / worst of ${runs} runs. Who owns the address is watched for a second after each takeover.`,
    table.toString(),
  ];
}

function faultTable({ faults: rows, runs }: FailoverBench): string[] {
  const head = [
    "fault",
    "owner",
    "bound ms",
    "vipair gap",
    "two owners",
    "moves",
    "keepalived gap",
    "two owners",
    "moves",
  ];
  const table = new Table({ head: [...head, "result"], style: { head: [], border: [] } });
  for (const { fault, lastsMs, ownership, boundMs, missed, vipair, keepalived } of rows) {
    const title = `${faults[fault].title}, ${lastsMs / 1_000} s`;
    const theirs = "spared" in keepalived ? [`– (${keepalived.spared})`, "–", "–"] : faultCells(keepalived);
    table.push([title, wanted[ownership], boundMs, ...faultCells(vipair), ...theirs, resultCell(missed)]);
  }
  return [
    `Faults that are healed: gap and time with two owners in ms, and how often a node became active, median / worst of ${runs} runs.`,
    table.toString(),
    ...rows.flatMap(remarks),
  ];
}

const wanted: Readonly<Record<Fault["ownership"], string>> = { stays: "stays", moves: "moves", splits: "two" };

/** What has no column. */
function remarks({ fault, lastsMs, vipair, keepalived }: FaultComparison): string[] {
  if ("spared" in keepalived) return [];
  const title = faults[fault].title;
  switch (faults[fault].ownership) {
    case "splits":
      return [
        `${title}: two owners after healing: ${versus(vipair, keepalived, ({ overlapAfterMs }) => overlapAfterMs)}`,
      ];
    case "moves":
      return [`${title}: moved after ${versus(vipair, keepalived, ({ movedMs }) => movedMs)}`];
    case "stays":
      return fault === "duplicate"
        ? [`${title}: noticed after ${versus(vipair, keepalived, ({ noticedMs }) => noticedMs, lastsMs)}`]
        : [];
  }
}

function versus(
  vipair: FaultResult,
  keepalived: FaultResult,
  value: (result: FaultResult) => Figure | undefined,
  lastsMs = 0,
): string {
  const text = (figure: Figure | undefined): string =>
    figure === undefined ? `never (in ${lastsMs / 1_000} s)` : `${figure.median} / ${figure.worst} ms`;
  return `vipair ${text(value(vipair))}, keepalived ${text(value(keepalived))}`;
}

const loadLines = ({ seconds, busyProcesses, vipair, keepalived }: LoadResult): string[] => [
  `Under full load (${busyProcesses} busy processes, ${seconds} s): failovers vipair ${vipair.failovers} (must be 0), keepalived ${keepalived.failovers};`,
  `two owners for ${vipair.overlapMs} ms (must be 0) and ${keepalived.overlapMs} ms; no answer for at most ${vipair.silenceMs} ms and ${keepalived.silenceMs} ms`,
];

function intervalTable({ busyProcesses, minutes, ...climbs }: IntervalResult): string[] {
  const table = new Table({ head: ["interval ms", "vipair", "keepalived"], style: { head: [], border: [] } });
  const cell = ({ rungs }: Climb, intervalMs: number): string =>
    rungs
      .filter((rung) => rung.intervalMs === intervalMs)
      .map(rungText)
      .join(", ");
  for (const ms of intervalsMs) table.push([ms, cell(climbs.vipair, ms) || "–", cell(climbs.keepalived, ms) || "–"]);
  const smallest = ({ smallestMs }: Climb): string => (smallestMs === undefined ? "none" : `${smallestMs} ms`);
  return [
    `Heartbeat intervals under full load (${busyProcesses} busy processes), keepalived with real-time priority and locked memory:`,
    table.toString(),
    `Smallest that survived ${minutes} minutes without a failover that nobody asked for: vipair ${smallest(climbs.vipair)}, keepalived ${smallest(climbs.keepalived)}`,
  ];
}

const resultCell = (missed: readonly string[]): string => (missed.length === 0 ? "pass" : "FAIL");

const causeCells = ({ gapMs, lost, overlap, overlapMs }: CauseResult): string[] => [
  `${gapMs.median} / ${gapMs.worst}`,
  `${lost.median} / ${lost.worst}`,
  overlap ? `two for ${overlapMs} ms` : "one",
];

const faultCells = ({ gapMs, overlapMs, takeovers }: FaultResult): string[] => [
  `${gapMs.median} / ${gapMs.worst}`,
  `${overlapMs.median} / ${overlapMs.worst}`,
  `${takeovers.median} / ${takeovers.worst}`,
];
