import type { NodeIndex } from "@vipair/heartbeat";
import type { KernelCall } from "../kernel/ownership.js";

/** Which of the three paths: client, sync, lifeline. */
export type PathIndex = 0 | 1 | 2;

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
  | { readonly type: "addressLoss"; readonly node: NodeIndex }
  | { readonly type: "balancerHang"; readonly node: NodeIndex }
  | { readonly type: "balancerDeath"; readonly node: NodeIndex }
  | { readonly type: "handover"; readonly force: boolean }
  | { readonly type: "maintenance"; readonly node: NodeIndex };
