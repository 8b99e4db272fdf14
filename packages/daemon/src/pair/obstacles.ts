import type { AgentReport } from "@vipair/agent";
import type { GateReport, Heartbeat, NodeReport } from "@vipair/model";
import type { PeerLink } from "./link/link.js";

export interface ObstacleParts {
  readonly transport: Heartbeat["transport"];
  readonly agent: AgentReport | undefined;
  readonly link: Pick<PeerLink, "connected">;
  readonly peerName: string;
  readonly peerReport: NodeReport | undefined;
}

/** What a hand-over to the peer asks for; the same rules refuse it and explain it. */
export function handoverGates(parts: ObstacleParts): GateReport[] {
  if (parts.agent === undefined) return [gate("heartbeat agent", ["the heartbeat agent is not running"])];
  return parts.transport === "vrrp" ? silentPeerGates(parts) : heardPeerGates(parts);
}

/** What speaks against a hand-over to the peer, one sentence each. */
export const handoverObstacles = (parts: ObstacleParts): string[] =>
  handoverGates(parts).flatMap(({ reasons }) => reasons);

const gate = (name: string, reasons: readonly string[]): GateReport => ({
  gate: name,
  open: reasons.length === 0,
  reasons,
});

const unless = (good: boolean, reason: string): string[] => (good ? [] : [reason]);

/** A backup of VRRP says nothing: what is known of it is what the peer link tells. */
function silentPeerGates({ link, peerName, peerReport }: ObstacleParts): GateReport[] {
  if (!link.connected || peerReport === undefined) {
    const reason = `there is no peer link to ${peerName}: connections can not be carried over, nor is it known to stand by`;
    return [gate("peer link", [reason])];
  }
  const { maintenance, role, ready } = peerReport;
  return [
    gate("peer link", []),
    gate("not in maintenance", unless(!maintenance, `${peerName} is in maintenance`)),
    gate("backup", unless(role === "backup", `${peerName} is not a backup, but ${role}`)),
    gate("ready", missingOf(peerName, ready, peerReport)),
  ];
}

function heardPeerGates({ agent, link, peerName, peerReport }: ObstacleParts): GateReport[] {
  const peer = agent?.peer;
  if (peer === undefined || !peer.reachable) return [gate("heard", [`${peerName} is not heard`])];
  const isEligible = peer.maintenance === true || peer.eligible === true;
  return [
    gate("heard", []),
    gate("not in maintenance", unless(!peer.maintenance, `${peerName} is in maintenance`)),
    gate("eligible", unless(isEligible, ineligible(peerName, peerReport))),
    gate("hears this node", unless(peer.hearing === true, `${peerName} does not hear this node`)),
    gate("peer link", unless(link.connected, "the peer link is down: connections can not be carried over")),
    gate("ready", link.connected ? missingOf(peerName, peer.ready === true, peerReport) : []),
  ];
}

/** In the peer's own words, where it says. */
function ineligible(peerName: string, peerReport: NodeReport | undefined): string {
  const reasons = peerReport?.takeover?.obstacles ?? [];
  const why = reasons.length > 0 ? reasons.join(", ") : "a track failed or its kernel refuses";
  return `${peerName} can not become active: ${why}`;
}

function missingOf(peerName: string, ready: boolean, peerReport: NodeReport | undefined): string[] {
  if (ready) return [];
  const missing = peerReport?.missing ?? [];
  return missing.length > 0 ? missing.map((what) => `${peerName}: ${what}`) : [`${peerName} is not ready`];
}
