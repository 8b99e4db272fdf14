import Table from "cli-table3";
import { causes } from "../failover/cause.js";
import type { CauseResult, FailoverBench } from "./failover.js";

/** The figures for people. */
export function failoverTable(bench: FailoverBench): string {
  const table = new Table({
    head: ["cause", "bound ms", "vipair gap", "lost", "owners", "keepalived gap", "lost", "owners", "result"],
    style: { head: [], border: [] },
  });
  for (const { cause, boundMs, missed, vipair, keepalived } of bench.causes) {
    const result = missed.length === 0 ? "pass" : "FAIL";
    table.push([causes[cause].title, boundMs, ...cells(vipair), ...cells(keepalived), result]);
  }
  const missed = bench.causes.flatMap((row) => row.missed.map((text) => `${causes[row.cause].title}: ${text}`));
  const { seconds, busyProcesses, vipair, keepalived } = bench.load;
  return [
    `Gap in ms, median / worst of ${bench.runs} runs. Who owns the address is watched for a second after each takeover.`,
    table.toString(),
    `Under full load (${busyProcesses} busy processes, ${seconds} s): failovers vipair ${vipair.failovers} (must be 0), keepalived ${keepalived.failovers}`,
    ...missed,
  ].join("\n");
}

const cells = ({ gapMs, lost, overlap, overlapMs }: CauseResult): string[] => [
  `${gapMs.median} / ${gapMs.worst}`,
  `${lost.median} / ${lost.worst}`,
  overlap ? `two for ${overlapMs} ms` : "one",
];
