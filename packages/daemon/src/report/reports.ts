import type { Config, NodeReport, StatusReport, TrackReport } from "@vipair/model";
import type { Balancer } from "../balance/balancer.js";
import type { Maintenance } from "../operate/maintenance.js";
import type { Pairing } from "../pair/pairing.js";
import type { Stability } from "../pair/stability.js";
import type { Tuning } from "../tuning/tuning.js";
import { reportNode } from "./node.js";
import { missingForReadiness } from "./readiness.js";
import { reportStatus } from "./status.js";

/** What this node says of itself, to its peer and to people, made afresh from what its parts know. */
export interface Reports {
  /** What is missing until the node is ready; empty when it is. */
  missing(): string[];
  own(): NodeReport;
  status(): StatusReport;
}

export interface ReportsOptions {
  readonly node: string;
  readonly version: string;
  readonly config: () => Config;
  readonly balancer: Balancer;
  readonly pairing: Pairing;
  readonly maintenance: Maintenance;
  readonly stability: Pick<Stability, "held" | "tracks">;
  readonly tuning: Pick<Tuning, "report">;
  readonly tracks: () => readonly TrackReport[];
}

export function openReports({
  node,
  version,
  config,
  balancer,
  pairing,
  maintenance,
  stability,
  tuning,
  tracks,
}: ReportsOptions): Reports {
  const startedAt = new Date().toISOString();
  const missing = (): string[] =>
    missingForReadiness({
      transport: config().pair.heartbeat.transport,
      balancer,
      agent: pairing.agent.report,
      linkConnected: pairing.link.connected,
      stability,
      replicator: pairing.replicator,
    });
  const own = (): NodeReport =>
    reportNode({
      node,
      version,
      config: config(),
      agent: pairing.agent.report,
      balance: balancer.loop,
      traffic: balancer.traffic,
      tracks: [...tracks(), ...stability.tracks()],
      clients: pairing.replicator.persistence.clientsOf,
      maintenance: maintenance.on,
      missing: missing(),
      startedAt,
      tuning: tuning.report,
      fastFlows: balancer.fastFlows,
      freezes: pairing.freezes,
      presence: pairing.presence.report(),
      replication: pairing.replicator.report(),
    });
  const status = (): StatusReport =>
    reportStatus({
      own: own(),
      config: config(),
      agent: pairing.agent.report,
      peer: pairing.peerReport,
      linkConnected: pairing.link.connected,
      linkSince: pairing.linkSince,
      clients: pairing.replicator.persistence,
    });
  return { missing, own, status };
}
