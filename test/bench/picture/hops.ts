import type { ConnectionsBench } from "../connections.js";
import type { LoadResult } from "../hop.js";
import type { ThroughputBench } from "../throughput.js";
import type { Spread } from "../turns.js";
import type { Bar, BarPanel, Picture } from "./panel.js";

export const throughputPicture = ({ apart, rounds, seconds, bulk, packets, requests }: ThroughputBench): Picture => ({
  title: "What passes, and what the hop costs",
  notes: [
    `Median of ${rounds} rounds of ${seconds} s; whiskers: least and most. Left: more is better. Right: less is better,`,
    apart
      ? "the processor time of the balancer's machine."
      : "the processor time of the whole machine beyond what the same load costs with no hop at all.",
  ],
  columns: 2,
  panels: [
    ...hopPanels(bulk, "Bulk TCP, 8 connections: Gbit/s", "Hop: CPU ms per Gbit", 1_000),
    ...hopPanels(packets, "UDP, 64 bytes: datagrams/s", "Hop: CPU µs per datagram"),
    ...hopPanels(requests, "32 kept connections: requests/s", "Hop: CPU µs per request"),
  ],
});

export const connectionsPicture = ({ rounds, seconds, rates, behaviour }: ConnectionsBench): Picture => ({
  title: "New connections, and what the hop costs",
  notes: [
    `Median of ${rounds} rounds of ${seconds} s; whiskers: least and most. A connection and a small request each.`,
    "Rates: more is better. Hop and times: less is better.",
  ],
  columns: 2,
  panels: [
    ...hopPanels(rates, "32 clients: connections/s", "Hop: CPU µs per connection"),
    bars(
      "Open within, 99 of 100, at half of that rate: ms",
      behaviour.map(({ contender, atHalf }) => ({ series: contender, value: atHalf.p99Ms })),
    ),
    bars(
      "512 clients: connections/s",
      behaviour.map(({ contender, crowded }) => ({ series: contender, value: crowded.perSecond })),
    ),
  ],
});

/** @param by what µs are divided by to get the unit of the hop */
const hopPanels = (results: readonly LoadResult[], rate: string, hop: string, by = 1): BarPanel[] => [
  bars(
    rate,
    results.map(({ contender, perSecond }) => spreadBar(contender, perSecond, 1)),
  ),
  bars(
    hop,
    results
      .filter(({ contender }) => contender !== "direct")
      .map(({ contender, hopUs }) => spreadBar(contender, hopUs, by)),
  ),
];

const bars = (title: string, all: readonly Bar[]): BarPanel => ({ kind: "bars", title, groups: [{ bars: all }] });

const spreadBar = (series: string, { median, least, most }: Spread, by: number): Bar => ({
  series,
  value: median / by,
  least: least / by,
  most: most / by,
});
