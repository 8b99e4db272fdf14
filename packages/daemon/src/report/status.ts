import type { AgentReport } from "@vipair/agent";
import type { Config, NodeReport, PeerReport, StatusReport, SyncReport } from "@vipair/model";
import type { RememberedClients } from "../replicate/replicator.js";
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
  readonly clients: Pick<RememberedClients, "clients" | "protected">;
}

/** Both nodes on one screen: this node's report, and the peer as its heartbeats and its own report show it. */
export function reportStatus(parts: StatusParts): StatusReport {
  const { own, peer, linkConnected, linkSince } = parts;
  return {
    ...own,
    peer: reportPeer(parts),
    sync: {
      connected: linkConnected,
      since: linkSince,
      ...syncOf(own.replication, peer?.replication),
      ...persistenceOf(parts),
    },
  };
}

/** Nothing when no service remembers its clients. */
function persistenceOf({ own, clients: remembered }: StatusParts): Pick<SyncReport, "persistence"> {
  const { clients, protected: inBoth } = remembered;
  return own.services.some(({ persistence }) => persistence !== undefined)
    ? { persistence: { clients, protected: inBoth } }
    : {};
}

/** Heartbeats are fresher than reports: where both say something, the heartbeat wins while it is heard. */
function reportPeer({ own, config, agent, peer }: StatusParts): PeerReport {
  const node = config.pair.nodes.find(({ name }) => name !== own.node)?.name ?? "";
  const heard = agent?.peer?.reachable === true ? agent.peer : undefined;
  const vrrp = config.pair.heartbeat.transport === "vrrp";
  // A backup of VRRP is silent: then it is the peer link that reaches it, if there is one.
  const reachable = heard !== undefined || (vrrp && peer !== undefined);
  const priority = agent?.peer?.priority ?? peer?.priority;
  return {
    node,
    role: heard?.role ?? peer?.role ?? "initialize",
    reachable,
    ready: heard?.ready ?? peer?.ready ?? false,
    maintenance: heard?.maintenance ?? peer?.maintenance ?? false,
    ...(vrrp && !reachable && own.role === "active" ? { silent: true } : {}),
    ...(priority === undefined ? {} : { priority }),
    ...(heard?.reach === undefined ? {} : { reach: heard.reach }),
    ...(heard?.older === true ? { older: true } : {}),
    ...(peer === undefined ? {} : { version: peer.version, report: peer }),
  };
}
