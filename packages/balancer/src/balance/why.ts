import { formatHostPort, serverKey } from "@vipair/model";
import { eligibleServers, type Obstacle, obstacles } from "./eligible.js";
import { type BalanceState, findServer, type ServerState, type ServiceState } from "./state.js";

/** Whether the server gets new connections, and why: sentences from the same rules that made the ruleset. */
export function whyServer(state: BalanceState, service: string, server: string): string[] {
  const parent = state.services.find((candidate) => candidate.service.name === service);
  const found = findServer(state, service, server);
  const key = serverKey(service, server);
  if (parent === undefined || found === undefined) return [`There is no server ${key}.`];
  const obstaclesFound = obstacles(found);
  if (obstaclesFound.length === 0) return [`${key} gets new connections.`, healthSentence(found), share(parent, found)];
  return [
    `${key} gets no new connections.`,
    ...obstaclesFound.map((obstacle) => obstacleSentence(obstacle, found)),
    insteadSentence(parent),
  ];
}

function obstacleSentence(obstacle: Obstacle, state: ServerState): string {
  switch (obstacle) {
    case "disabled":
      return "The operator disabled it: its connections were cut.";
    case "draining":
      return state.drainUntil === undefined
        ? "The operator is draining it: the connections it has may live on."
        : "The operator is draining it: the connections it has are cut at the deadline.";
    case "weight":
      return "Its weight is 0.";
    case "down":
    case "unknown":
      return healthSentence(state);
  }
}

function healthSentence({ health, because, peerHealth }: ServerState): string {
  if (health.health !== "unknown") return `It is ${health.health}: ${because}.`;
  if (peerHealth === "up" || peerHealth === "down") {
    return `This node has not probed it yet; the other node sees it ${peerHealth}.`;
  }
  return "Its health is unknown: no probe has answered yet.";
}

function share(parent: ServiceState, { server }: ServerState): string {
  const eligible = eligibleServers(parent);
  const total = eligible.reduce((sum, candidate) => sum + candidate.server.weight, 0);
  const percent = Math.round((100 * server.weight) / total);
  if (eligible.length === 1) return "It is the only server of the service that does.";
  return `Its weight of ${server.weight} among ${eligible.length} servers makes ${percent} % of them.`;
}

function insteadSentence(parent: ServiceState): string {
  const names = eligibleServers(parent).map(({ server }) => server.name);
  if (names.length > 0) return `New connections go to ${names.join(", ")}.`;
  if (parent.service.kind === "balanced" && parent.service.sorry !== undefined) {
    return `No server is left: new connections go to the sorry server ${formatHostPort(parent.service.sorry)}.`;
  }
  return "No server is left: new connections are refused.";
}
