import type { Heartbeat } from "../heartbeat.js";
import type { NodeEffect } from "../node/effect.js";

/** What the agent performs, in the order given. */
export type ElectionEffect =
  | NodeEffect
  /** On every path. */
  | { readonly type: "sendHeartbeat"; readonly heartbeat: Heartbeat }
  /** The standby claims ownership: the balancer prepares a planned hand-over and answers `handoverPrepared`. */
  | { readonly type: "requestHandover" }
  /** Asks every witness once; the first answer comes as `witnessReached`. */
  | { readonly type: "askWitness" }
  /** The node would become active because of silence, but no witness answers; said once for each silence. */
  | { readonly type: "reportUnwitnessed" };
