import type { ServerCount } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import type { NodeEvent } from "../node/event.js";

/** Facts that reach the election. */
export type ElectionEvent =
  | NodeEvent
  /** A fresh, authentic heartbeat; of copies on several paths only the first, and never one older than the last. */
  | { readonly type: "heartbeatReceived"; readonly heartbeat: Heartbeat }
  /** The balancer's view of the real servers changed. */
  | { readonly type: "serversCounted"; readonly servers: ServerCount }
  /** A witness has answered a question asked by `askWitness`. */
  | { readonly type: "witnessReached" }
  /** The peer's kernel closed the lifeline: its agent's process is gone, and so is the lease it held. */
  | { readonly type: "lifelineClosed" };
