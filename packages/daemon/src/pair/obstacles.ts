import type { AgentReport } from "@vipair/agent";
import type { Heartbeat, NodeReport } from "@vipair/model";
import type { PeerLink } from "./link/link.js";

export interface ObstacleParts {
  readonly transport: Heartbeat["transport"];
  readonly agent: AgentReport | undefined;
  readonly link: Pick<PeerLink, "connected">;
  readonly peerName: string;
  readonly peerReport: NodeReport | undefined;
}

/** What speaks against a hand-over to the peer, one sentence each; the same rules refuse it and explain it. */
export function handoverObstacles(parts: ObstacleParts): string[] {
  if (parts.agent === undefined) return ["the heartbeat agent is not running"];
  return parts.transport === "vrrp" ? silentPeerObstacles(parts) : heardPeerObstacles(parts);
}

/** A backup of VRRP says nothing: what is known of it is what the peer link tells. */
function silentPeerObstacles({ link, peerName, peerReport }: ObstacleParts): string[] {
  if (!link.connected || peerReport === undefined) {
    return [`there is no peer link to ${peerName}: connections can not be carried over, nor is it known to stand by`];
  }
  const obstacles = missingOf(peerName, peerReport.ready, peerReport);
  if (peerReport.role !== "backup") obstacles.unshift(`${peerName} is not a backup, but ${peerReport.role}`);
  if (peerReport.maintenance) obstacles.unshift(`${peerName} is in maintenance`);
  return obstacles;
}

function heardPeerObstacles({ agent, link, peerName, peerReport }: ObstacleParts): string[] {
  const peer = agent?.peer;
  if (peer === undefined || !peer.reachable) return [`${peerName} is not heard`];
  const obstacles: string[] = [];
  if (peer.maintenance) obstacles.push(`${peerName} is in maintenance`);
  else if (!peer.eligible) obstacles.push(`${peerName} can not become active: a track failed or its kernel refuses`);
  if (!peer.hearing) obstacles.push(`${peerName} does not hear this node`);
  if (!link.connected) obstacles.push("the peer link is down: connections can not be carried over");
  else obstacles.push(...missingOf(peerName, peer.ready === true, peerReport));
  return obstacles;
}

function missingOf(peerName: string, ready: boolean, peerReport: NodeReport | undefined): string[] {
  if (ready) return [];
  const missing = peerReport?.missing ?? [];
  return missing.length > 0 ? missing.map((what) => `${peerName}: ${what}`) : [`${peerName} is not ready`];
}
