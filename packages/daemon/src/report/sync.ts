import type { ReplicationReport, StatusReport, SyncReport, SyncStatusReport } from "@vipair/model";

/** The replication in a few figures: this node's own, and what only the other one knows. */
export function syncOf(
  own: ReplicationReport | undefined,
  peer: ReplicationReport | undefined,
): Omit<SyncReport, "connected" | "since"> {
  const connections = own?.connections ?? 0;
  const inBoth = own?.protected ?? 0;
  const source = own?.role === "source" ? own : undefined;
  const replica = [own, peer].find((report) => report?.role === "replica");
  return {
    connections,
    protected: inBoth,
    protectedShare: shareOf(inBoth, connections),
    lagMs: source?.lagMs ?? 0,
    ...(source && { waiting: source.waiting, unacknowledged: source.unacknowledged, lost: source.lost }),
    ...(replica?.role === "replica" && {
      drift: { ...replica.drift, ...(replica.driftAt !== undefined && { repairedAt: replica.driftAt }) },
      refusedInserts: replica.refusedInserts,
    }),
  };
}

/** Rounded down: only all of them are 1. */
const shareOf = (part: number, all: number): number => (all === 0 ? 1 : Math.floor((part / all) * 10_000) / 10_000);

export function reportSync({ node, replication, peer, sync }: StatusReport): SyncStatusReport {
  return {
    connected: sync.connected,
    since: sync.since,
    protectedShare: sync.protectedShare,
    nodes: [
      { node, ...(replication && { replication }) },
      { node: peer.node, ...(peer.report?.replication && { replication: peer.report.replication }) },
    ],
  };
}
