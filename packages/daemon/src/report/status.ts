import type { AgentReport } from "@vipair/agent";
import type { Config, NodeReport, PeerReport, StatusReport } from "@vipair/model";
import { syncOf } from "./sync.js";

export interface StatusParts {
  readonly own: NodeReport;
  readonly config: Config;
  readonly agent: AgentReport | undefined;
  /** The peer's own report; `undefined` while the peer link is down. */
  readonly peer: NodeReport | undefined;
  readonly linkConnected: boolean;
  /** Since when the link is up, or down: ISO 8601. */
  readonly linkSince: string;
}

/** Both nodes on one screen: this node's report, and the peer as its heartbeats and its own report show it. */
export function reportStatus(parts: StatusParts): StatusReport {
  const { own, peer, linkConnected, linkSince } = parts;
  return {
    ...own,
    peer: reportPeer(parts),
    sync: { connected: linkConnected, since: linkSince, ...syncOf(own.replication, peer?.replication) },
  };
}

/** Heartbeats are fresher than reports: where both say something, the heartbeat wins while it is heard. */
function reportPeer({ own, config, agent, peer }: StatusParts): PeerReport {
  const node = config.pair.nodes.find(({ name }) => name !== own.node)?.name ?? "";
  const heard = agent?.peer;
  const reachable = heard?.reachable ?? false;
  const role = reachable ? (heard?.role ?? "initialize") : (peer?.role ?? "initialize");
  const priority = heard?.priority ?? peer?.priority;
  return {
    node,
    role,
    reachable,
    ready: reachable ? (heard?.ready ?? false) : (peer?.ready ?? false),
    maintenance: (reachable ? heard?.maintenance : peer?.maintenance) ?? false,
    ...(priority === undefined ? {} : { priority }),
    ...(peer === undefined ? {} : { version: peer.version, report: peer }),
  };
}
