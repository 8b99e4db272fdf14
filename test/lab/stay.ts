import { vipair } from "../vipair/node.js";
import type { VipairPair } from "../vipair/pair.js";

/** How to use the running lab. */
export function stayText(pair: VipairPair): string {
  const nodes = [pair.nodes.lb1, pair.nodes.lb2].map(({ host, files }) => {
    const command = `ip netns exec ${host.namespace} ${vipair} --socket ${files.socket}`;
    return `  ${host.name}:  ${command} status\n        log: ${files.log}`;
  });
  return [
    "The pair keeps running. On each node:",
    ...nodes,
    "Other commands: watch, failover, maintenance on, services, servers, drain web/rs1, events --follow, why active.",
    "Ctrl-C ends it and removes everything.",
  ].join("\n");
}
