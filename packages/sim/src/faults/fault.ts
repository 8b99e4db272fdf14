import type { NodeIndex } from "@vipair/heartbeat";
import type { KernelCall } from "../kernel/ownership.js";

/** Which of the four paths: client, sync, lifeline, peer link. */
export type PathIndex = 0 | 1 | 2 | 3;

/** One way of a path that a network fault hits. */
export interface Way {
  readonly from: NodeIndex;
  readonly path: PathIndex;
}

/** What goes wrong, or what people do, at a time. Every fault ends by itself. */
export type Fault = { readonly atMs: number; readonly durationMs: number } & FaultKind;

/** A fault of the network. */
export type Disturbance = Extract<Fault, { readonly ways: readonly Way[] }>;

export type FaultKind =
  /** Agent and balancer are killed, and start again at the end. */
  | { readonly type: "crash"; readonly node: NodeIndex }
  | { readonly type: "stop"; readonly node: NodeIndex }
  /** The agent's process is stopped while its kernel goes on. */
  | { readonly type: "stall"; readonly node: NodeIndex }
  | { readonly type: "suspend"; readonly node: NodeIndex }
  | { readonly type: "partition"; readonly ways: readonly Way[] }
  | { readonly type: "loss"; readonly ways: readonly Way[]; readonly probability: number }
  /** Packets are scattered over up to `jitterMs`, and overtake each other. */
  | { readonly type: "jitter"; readonly ways: readonly Way[]; readonly jitterMs: number }
  | { readonly type: "duplication"; readonly ways: readonly Way[]; readonly probability: number }
  | { readonly type: "replay"; readonly count: number }
  | { readonly type: "refusal"; readonly node: NodeIndex; readonly call: KernelCall }
  | { readonly type: "carrierLoss"; readonly node: NodeIndex }
  | { readonly type: "gatewayLoss"; readonly node: NodeIndex }
  /** This node alone does not reach some of the real servers. */
  | { readonly type: "serverLoss"; readonly node: NodeIndex; readonly up: number }
  /** Real servers die, and each node notices in its own time. */
  | { readonly type: "serverDeath"; readonly up: number }
  /** The witness does not answer to this node. */
  | { readonly type: "witnessLoss"; readonly node: NodeIndex }
  | { readonly type: "addressLoss"; readonly node: NodeIndex }
  | { readonly type: "balancerHang"; readonly node: NodeIndex }
  | { readonly type: "balancerDeath"; readonly node: NodeIndex }
  | { readonly type: "handover"; readonly force: boolean }
  /** The host is without power for a while, and its kernel starts with nothing. */
  | { readonly type: "powerCut"; readonly node: NodeIndex }
  /** The agent's process dies alone, and is started again at the end. */
  | { readonly type: "agentDeath"; readonly node: NodeIndex }
  /** The peer link's connection is reset. */
  | { readonly type: "linkReset" }
  /** The peer link takes no more than this, in either direction. */
  | { readonly type: "congestion"; readonly bytesPerMs: number }
  /** The kernel loses the events that it should tell the daemon. */
  | { readonly type: "overrun"; readonly node: NodeIndex }
  /** The kernel refuses some of the connections that the daemon inserts. */
  | { readonly type: "refusedInserts"; readonly node: NodeIndex; readonly probability: number }
  /** The kernel's table of connections takes no more. */
  | { readonly type: "fullTable"; readonly node: NodeIndex }
  /** Somebody removes connections from the kernel's table, each with this probability. */
  | { readonly type: "flowLoss"; readonly node: NodeIndex; readonly probability: number }
  /** Many clients come at once. */
  | { readonly type: "rush"; readonly clients: number }
  | { readonly type: "maintenance"; readonly node: NodeIndex };
