import type { LbName } from "../topology/plan.js";

/** A pair of load balancers under measurement: ours, or keepalived on the same network. */
export interface PairUnderTest {
  readonly name: "vipair" | "keepalived" | "keepalived with conntrackd";
  /** The node that holds the addresses now; throws when it is not exactly one. */
  active(): Promise<LbName>;
  /** Whether this node holds the addresses, as far as it says itself. */
  isActive(node: LbName): Promise<boolean>;
  /** Waits until one node is active and the other could take over; returns the active one. Throws after the deadline. */
  settled(deadlineMs?: number): Promise<LbName>;
  /** Passes ownership on in the gentlest way there is. */
  planned(active: LbName): Promise<void>;
  /** Undoes what {@link planned} left to undo. */
  afterPlanned(node: LbName): Promise<void>;
  /** Sends the signal to every process of the pair on this node. */
  signal(node: LbName, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Starts a node again whose processes are gone. */
  restart(node: LbName): Promise<void>;
  /** How often a node became active since the pair was started. */
  takeovers(): Promise<number>;
  /** How often this node has said that another machine answers for its addresses. */
  conflicts(node: LbName): Promise<number>;
  end(): Promise<void>;
}
