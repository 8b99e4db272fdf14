import type { AgentReport } from "@vipair/agent";
import type { NodeReport } from "@vipair/model";
import type { PeerLink } from "./link/link.js";

export interface ObstacleParts {
  readonly agent: AgentReport | undefined;
  readonly link: Pick<PeerLink, "connected">;
  readonly peerName: string;
  readonly peerReport: NodeReport | undefined;
}

/** What speaks against a hand-over to the peer, one sentence each; the same rules refuse it and explain it. */
export function handoverObstacles({ agent, link, peerName, peerReport }: ObstacleParts): string[] {
  const peer = agent?.peer;
  if (agent === undefined) return ["the heartbeat agent is not running"];
  if (peer === undefined || !peer.reachable) return [`${peerName} is not heard`];
  const obstacles: string[] = [];
  if (peer.maintenance) obstacles.push(`${peerName} is in maintenance`);
  else if (!peer.eligible) obstacles.push(`${peerName} can not become active: a track failed or its kernel refuses`);
  if (!peer.hearing) obstacles.push(`${peerName} does not hear this node`);
  if (!link.connected) obstacles.push("the peer link is down: connections can not be carried over");
  else if (!peer.ready) {
    const missing = peerReport?.missing ?? [];
    obstacles.push(
      ...(missing.length > 0 ? missing.map((what) => `${peerName}: ${what}`) : [`${peerName} is not ready`]),
    );
  }
  return obstacles;
}
