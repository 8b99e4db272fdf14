import type { Health } from "@vipair/model";
import type { ServerState, ServiceState } from "./state.js";

/** A rule that keeps new connections from a server. */
export type Obstacle = "disabled" | "draining" | "weight" | "down" | "unknown";

/**
 * The rules, all of them: a server gets new connections when no obstacle is left. The ruleset and the answer to "why"
 * both come from here.
 */
export function obstacles(state: ServerState): readonly Obstacle[] {
  const found: Obstacle[] = [];
  if (state.admin !== "enabled") found.push(state.admin);
  if (state.server.weight === 0) found.push("weight");
  const health = effectiveHealth(state);
  if (health !== "up") found.push(health);
  return found;
}

/** Own probes decide; until they have, the peer's view does. */
const effectiveHealth = ({ health, peerHealth }: ServerState): Health =>
  health.health === "unknown" ? (peerHealth ?? "unknown") : health.health;

export const isEligible = (state: ServerState): boolean => obstacles(state).length === 0;

export const eligibleServers = ({ servers }: ServiceState): readonly ServerState[] => servers.filter(isEligible);
