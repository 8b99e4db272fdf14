import type { RoleReason } from "./report.js";

/** The one place where a reason becomes words: `active since 2 min: the peer fell silent`. */
const sentences: Readonly<Record<RoleReason, string>> = {
  start: "the daemon started",
  silence: "the peer fell silent",
  resignation: "the peer gave up ownership and said so",
  peerDied: "the peer's agent died",
  handover: "planned hand-over",
  betterPlaced: "the node that serves now reaches more",
  preemption: "a router of lower priority was active",
  yielded: "both nodes were active, and this one gave way",
  leaseLapsed: "this node stalled for longer than its lease lasts",
  interfaceDown: "a tracked interface lost its carrier",
  trackFailed: "a decisive track failed",
  kernelRefused: "the kernel refused the lease or an address",
  balancerLost: "the balancer died or stopped answering",
  shutdown: "the daemon was stopped",
};

/** Why a role changed, for people: begins in lower case, without a full stop. */
export function reasonSentence(reason: RoleReason): string {
  return sentences[reason];
}
