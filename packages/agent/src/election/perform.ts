import type { ElectionEffect, ElectionEvent } from "@vipair/heartbeat";
import type { Exchange } from "../exchange/exchange.js";
import type { Perform } from "../loop.js";
import type { AgentMessage } from "../message.js";
import type { PerformNode } from "../perform.js";

/** Binds the election's effects to the heartbeat paths and the balancer; those of the node are performed by `performNode`. */
export function performElection(
  exchange: Pick<Exchange, "send">,
  tell: (message: AgentMessage) => void,
  performNode: PerformNode,
  askWitnesses: () => void,
): Perform<ElectionEvent, ElectionEffect> {
  return (effect, decidedAt) => {
    if (effect.type === "sendHeartbeat") exchange.send(effect.heartbeat);
    else if (effect.type === "askWitness") askWitnesses();
    else if (effect.type === "reportUnwitnessed") tell({ type: "unwitnessed" });
    else if (effect.type === "requestHandover") tell({ type: "handoverRequested" });
    else return performNode(effect, decidedAt);
    return undefined;
  };
}
