import Table from "cli-table3";
import { verdictLines } from "./hop-table.js";
import type { ScaleBench, ScalePoint } from "./scale.js";

export function scaleTable({ rounds, seconds, points, verdicts }: ScaleBench): string {
  const table = new Table({
    head: ["", "", "starts ms", "reload ms", "MB", "datagrams/s", "CPU µs", "connections/s", "CPU µs"],
    style: { head: [], border: [] },
  });
  for (const point of points) table.push(row(point));
  return [
    `Medians of ${rounds} rounds of ${seconds} s; CPU of the whole machine for each, client and servers included,`,
    "less what it does without a load.",
    table.toString(),
    ...verdictLines(verdicts),
  ].join("\n");
}

const row = (point: ScalePoint): string[] => [
  `${point.size} ${point.dimension}`,
  point.contender,
  whole(point.startMs),
  whole(point.reloadMs),
  whole(point.residentMb),
  whole(point.packetsPerSecond),
  point.packetUs?.toFixed(1) ?? "–",
  whole(point.connectionsPerSecond),
  point.connectionUs.toFixed(1),
];

const whole = (value: number | undefined): string => (value === undefined ? "–" : `${Math.round(value)}`);
