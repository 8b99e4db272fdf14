import type { Heartbeat } from "../heartbeat.js";
import type { NodeEffect } from "../node/effect.js";

/** What the agent performs, in the order given. */
export type ElectionEffect =
  | NodeEffect
  /** On every path. */
  | { readonly type: "sendHeartbeat"; readonly heartbeat: Heartbeat }
  /** The standby claims ownership: the balancer prepares a planned hand-over and answers `handoverPrepared`. */
  | { readonly type: "requestHandover" };
