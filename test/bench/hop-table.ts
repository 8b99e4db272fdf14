import Table from "cli-table3";
import type { ConnectionsBench } from "./connections.js";
import type { LoadResult, Verdict } from "./hop.js";
import type { ThroughputBench } from "./throughput.js";
import type { Spread } from "./turns.js";

export function throughputTable({
  apart,
  rounds,
  seconds,
  bulk,
  packets,
  requests,
  verdicts,
}: ThroughputBench): string {
  return [
    `Median (least – most) of ${rounds} rounds of ${seconds} s. CPU: of ${machineText(apart)};`,
    "hop: what the balancer adds to that, as a difference from no hop, and as a multiple of what routing adds.",
    "8 TCP connections, bulk",
    loadTable(bulk, "Gbit/s", "CPU ms per Gbit", 1_000),
    "UDP, 64 bytes",
    loadTable(packets, "datagrams/s", "CPU µs each"),
    "Requests on 32 kept connections",
    loadTable(requests, "requests/s", "CPU µs each"),
    ...verdictLines(verdicts),
  ].join("\n");
}

const machineText = (apart: boolean): string =>
  apart ? "the balancer's machine alone" : "the whole machine, client and servers included";

export function connectionsTable({ apart, rounds, seconds, rates, behaviour, verdicts }: ConnectionsBench): string {
  const table = new Table({
    head: [
      "",
      "asked/s",
      "p50 ms",
      "p99 ms",
      "p99.9 ms",
      "failed",
      "crowded/s",
      "p99 ms",
      "failed",
      "reuse",
      "worst ms",
    ],
    style: { head: [], border: [] },
  });
  for (const { contender, atHalf, crowded, reuse } of behaviour) {
    table.push([
      contender,
      Math.round(atHalf.perSecond),
      ...[atHalf.p50Ms, atHalf.p99Ms, atHalf.p999Ms].map((ms) => ms.toFixed(2)),
      atHalf.failed,
      Math.round(crowded.perSecond),
      crowded.p99Ms.toFixed(1),
      crowded.failed,
      `${reuse.failed} failed`,
      reuse.worstMs.toFixed(1),
    ]);
  }
  return [
    `Median (least – most) of ${rounds} rounds of ${seconds} s: 32 clients, a connection and a small request each.`,
    `CPU: of ${machineText(apart)}.`,
    loadTable(rates, "connections/s", "CPU µs each"),
    "At half of that rate; with 512 clients; and one port of the client 100 times a round.",
    table.toString(),
    ...verdictLines(verdicts),
  ].join("\n");
}

/** @param by what µs are divided by to get the unit of `cost` */
function loadTable(results: readonly LoadResult[], unit: string, cost: string, by = 1): string {
  const table = new Table({
    head: ["", unit, cost, "hop", "hop / routing"],
    style: { head: [], border: [] },
  });
  const text = ({ median, least, most }: Spread, by: number): string => {
    const [middle, ...ends] = [median, least, most].map((value) => (value / by).toFixed(median >= 1_000 * by ? 0 : 1));
    return `${middle} (${ends.join(" – ")})`;
  };
  for (const { contender, perSecond, eachUs, hopUs, hopRatio } of results) {
    const hop = contender === "direct" ? ["", ""] : [text(hopUs, by), hopRatio ?? "too small"];
    table.push([contender, text(perSecond, 1), text(eachUs, by), ...hop]);
  }
  return table.toString();
}

/** Each bound on a line, with what was measured. */
export const verdictLines = (verdicts: readonly Verdict[]): string[] =>
  verdicts.map(
    ({ text, measured, passed }) =>
      `${measured === undefined ? "–   " : passed ? "pass" : "MISS"}  ${text}: ${measured === undefined ? "not measured" : Math.round(measured * 100) / 100}`,
  );
