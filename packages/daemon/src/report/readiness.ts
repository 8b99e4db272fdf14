import type { AgentReport } from "@vipair/agent";
import type { Heartbeat } from "@vipair/model";
import type { Balancer } from "../balance/balancer.js";
import type { Stability } from "../pair/stability.js";
import type { Replicator } from "../replicate/replicator.js";

export interface ReadinessParts {
  readonly transport: Heartbeat["transport"];
  readonly balancer: Balancer;
  readonly agent: AgentReport | undefined;
  readonly linkConnected: boolean;
  readonly stability: Pick<Stability, "held">;
  readonly replicator: Pick<Replicator, "missing">;
}

/** What is missing until nothing would be lost if this node had to serve now; empty when it is ready. */
export function missingForReadiness({
  transport,
  balancer,
  agent,
  linkConnected,
  stability,
  replicator,
}: ReadinessParts): string[] {
  const missing: string[] = [];
  if (stability.held !== undefined) missing.push(stability.held);
  if (!balancer.rules.applied) missing.push("the rules are not in the kernel");
  if (!balancer.healthKnown) missing.push("the health of some servers is not known yet");
  if (agent === undefined) missing.push("the heartbeat agent is not running");
  // With VRRP the other router may be any, and have no peer link.
  if (!linkConnected && transport === "udp") missing.push("the peer link is down");
  // Also a node that has not heard yet that the peer is active, as after a freeze, lacks what that one serves.
  if (linkConnected && agent?.role !== "active" && replicator.missing !== undefined) missing.push(replicator.missing);
  if (agent?.peer?.sameConfig === false) missing.push("the two nodes run different configurations");
  return missing;
}
