import { causes } from "../../failover/cause.js";
import type { CauseResult, FailoverBench } from "../failover/bench.js";
import type { SyncBench, SyncResult } from "../sync/bench.js";
import type { OnBoth } from "../sync/replication.js";
import type { Bar, BarGroup, BarPanel, Picture } from "./panel.js";

export const failoverPicture = ({ runs, causes: compared }: FailoverBench): Picture => ({
  title: "How long nobody answers",
  notes: [`Median of ${runs} runs; whiskers: least and most. Logarithmic; less is better.`],
  columns: 1,
  panels: [
    {
      kind: "bars",
      title: "Gap that a client sees, ms",
      logarithmic: true,
      groups: compared.map(({ cause, vipair, keepalived }) => ({
        name: causes[cause].title,
        bars: [gapBar("vipair", vipair), gapBar("keepalived", keepalived)],
      })),
    },
  ],
});

const gapBar = (series: string, { gapMs, runs }: CauseResult): Bar => ({
  series,
  value: gapMs.median,
  least: Math.min(...runs.map(({ failover }) => failover.meter.gapMs)),
  most: gapMs.worst,
});

export const syncPicture = ({ vipair, conntrackd }: SyncBench): Picture => {
  const pairs = [vipair, conntrackd];
  const panel = (title: string, ...groups: readonly (BarGroup | undefined)[]): BarPanel[] => {
    const known = groups.filter((group) => group !== undefined);
    return known.length === 0 ? [] : [{ kind: "bars", title, groups: known }];
  };
  const group = (name: string, value: (result: SyncResult) => number | undefined) => groupOf(pairs, name, value);
  const cpu = (name: string, of: (result: SyncResult) => OnBoth | undefined) => [
    group(`${name}, active`, (it) => of(it)?.active),
    group(`${name}, standby`, (it) => of(it)?.standby),
  ];
  return {
    title: "Replication of connections",
    notes: ["The highest rate: more is better. All the others: less is better."],
    columns: 2,
    panels: [
      ...panel(
        "From birth to the standby's kernel, ms",
        group("half of them", (it) => it.stream?.latency.births.p50),
        group("99 of 100", (it) => it.stream?.latency.births.p99),
      ),
      ...panel("CPU µs for each connection", ...cpu("steady stream", (it) => it.stream?.latency.cpuUs)),
      ...panel(
        "Highest rate born and ended, none lost, a second",
        group("", (it) => it.peak?.perSecond),
      ),
      ...panel(
        "A full table to a standby that starts, ms",
        group("", (it) => it.snapshot?.snapshot.lastAfterMs),
      ),
    ],
  };
};

function groupOf(
  pairs: readonly SyncResult[],
  name: string,
  value: (result: SyncResult) => number | undefined,
): BarGroup | undefined {
  const bars = pairs.flatMap((result) => {
    const known = value(result);
    return known === undefined ? [] : [{ series: result.pair, value: known }];
  });
  return bars.length === 0 ? undefined : { ...(name === "" ? {} : { name }), bars };
}
