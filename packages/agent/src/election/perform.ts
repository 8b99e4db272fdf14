import type { ElectionEffect, ElectionEvent, Heartbeat } from "@vipair/heartbeat";
import type { Instant } from "@vipair/model";
import type { Exchange } from "../exchange/exchange.js";
import type { Perform } from "../loop.js";
import type { AgentMessage } from "../message.js";
import type { IsOutdated, PerformNode } from "../perform.js";

/** Binds the election's effects to the heartbeat paths and the balancer; those of the node are performed by `performNode`. */
export function performElection(
  exchange: Pick<Exchange, "send">,
  tell: (message: AgentMessage) => void,
  performNode: PerformNode,
  askWitnesses: () => void,
  isOutdated: IsOutdated,
): Perform<ElectionEvent, ElectionEffect> {
  return (effect, decidedAt) => {
    if (effect.type === "sendHeartbeat") sendUnlessOutdated(effect.heartbeat, decidedAt);
    else if (effect.type === "askWitness") askWitnesses();
    else if (effect.type === "reportUnwitnessed") tell({ type: "unwitnessed" });
    else if (effect.type === "requestHandover") tell({ type: "handoverRequested" });
    else return performNode(effect, decidedAt);
    return undefined;
  };

  function sendUnlessOutdated(heartbeat: Heartbeat, decidedAt: Instant): void {
    if (heartbeat.role !== "active" || !isOutdated(decidedAt)) exchange.send(heartbeat);
  }
}
