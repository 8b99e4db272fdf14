import type { Heartbeat } from "../heartbeat.js";
import type { NodeEvent } from "../node/event.js";

/** Facts that reach the election. */
export type ElectionEvent =
  | NodeEvent
  /** A fresh, authentic heartbeat; of copies on several paths only the first, and never one older than the last. */
  | { readonly type: "heartbeatReceived"; readonly heartbeat: Heartbeat }
  /** The peer's kernel closed the lifeline: its agent's process is gone, and so is the lease it held. */
  | { readonly type: "lifelineClosed" };
