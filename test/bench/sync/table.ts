import Table from "cli-table3";
import type { SyncBench, SyncResult } from "./bench.js";

/** The figures for people. */
export function syncTable({ bounds, vipair, conntrackd, ratio, missed }: SyncBench): string {
  const table = new Table({ head: ["", "bound", "vipair", "conntrackd", "ratio"], style: { head: [], border: [] } });
  const row = (
    name: string,
    bound: string,
    value: (result: SyncResult) => string | number | undefined,
    by?: number,
  ): void => {
    table.push([name, bound, value(vipair) ?? "–", value(conntrackd) ?? "–", by ?? ""]);
  };
  const { latency, sustained, snapshot } = vipair;
  row("load average before", "", (it) => it.loadBefore);
  row(`${latency.perSecond}/s: birth to standby p50, ms`, "", (it) => it.latency.latencyMs.p50, ratio.latencyP50);
  row("p99, ms", `≤ ${bounds.latencyP99Ms}`, (it) => it.latency.latencyMs.p99, ratio.latencyP99);
  row("worst, ms", "", (it) => it.latency.latencyMs.worst);
  row(`lost of ${latency.created}`, `${bounds.lost}`, (it) => it.latency.lost);
  row(`${sustained.perSecond}/s: came about a second`, "", (it) => it.sustained.achievedPerSecond);
  row(`lost of ${sustained.created}`, `${bounds.lost}`, (it) => it.sustained.lost);
  row("equal after the last birth, ms", "", (it) => it.sustained.equalAfterMs);
  row("birth to standby p99, ms", "", (it) => it.sustained.latencyMs.p99);
  row("CPU while idle, ms a second, active / standby", "", ({ idleCpu }) => `${idleCpu.active} / ${idleCpu.standby}`);
  row(
    `CPU at ${latency.perSecond}/s, µs each, active / standby`,
    "",
    ({ latency: { cpuUs } }) => `${cpuUs.active} / ${cpuUs.standby}`,
  );
  row(`CPU at ${sustained.perSecond}/s, µs each, active`, "", (it) => it.sustained.cpuUs.active, ratio.cpuActive);
  row(`CPU at ${sustained.perSecond}/s, µs each, standby`, "", (it) => it.sustained.cpuUs.standby, ratio.cpuStandby);
  row(`snapshot of ${snapshot.existing}: ready, ms`, `≤ ${bounds.snapshotMs}`, (it) => it.snapshot.readyAfterMs);
  row("last entry in, ms", "", (it) => it.snapshot.lastAfterMs, ratio.snapshot);
  row("missing afterwards", `${bounds.lost}`, (it) => it.snapshot.lost);
  row("role changes", "0", (it) => (it.pair === "vipair" ? it.snapshot.roleChanges : undefined));
  return [
    "conntrackd: FT-FW over UDP on the sync net, DisableExternalCache yes (it injects at once), StartupResync yes, ResendQueueSize 524288.",
    "Both times begin with the start of the standby's daemon; ratio is conntrackd's value by ours.",
    table.toString(),
    ...(missed.length === 0 ? ["pass"] : missed.map((text) => `FAIL: ${text}`)),
  ].join("\n");
}
