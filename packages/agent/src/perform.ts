import type { NodeEffect, NodeEvent } from "@vipair/heartbeat";
import { elapsed, type Instant, type Millis, millisOf, type Outcome, type Ownership } from "@vipair/model";
import type { AgentMessage } from "./message.js";

/**
 * Whether a process that was stalled comes too late to say that its node is active: what was decided before the stall held
 * as long as the lease that was renewed then. The machine looks again before it says anything else.
 */
export type IsOutdated = (decidedAt: Instant) => boolean;

export interface Performers {
  /** What the machine's decisions are measured by. */
  readonly clock: () => Instant;
  readonly isOutdated: IsOutdated;
  readonly ownership: Ownership;
  readonly tell: (message: AgentMessage) => void;
  readonly exit: () => void;
}

/** Performs one effect of a step that was taken at `decidedAt`; the outcome, if there is one, is an event. */
export type PerformNode = (effect: NodeEffect, decidedAt: Instant) => NodeEvent | undefined;

/** Binds the effects that both machines share to the kernel and the balancer. */
export function performWith({ clock, isOutdated, ownership, tell, exit }: Performers): PerformNode {
  const complain = (outcome: Outcome): undefined => {
    if (!outcome.ok) tell({ type: "refused", error: outcome.error });
  };
  /** The lease ends when the machine believes it does, however late this process comes to renew it. */
  const renewLease = (ttl: Millis, decidedAt: Instant): NodeEvent => {
    const rest = millisOf(Math.floor(ttl - elapsed(decidedAt, clock())));
    if (rest <= 0) return { type: "leaseRefused", error: "stalled for longer than the lease lasts" };
    const outcome = ownership.renewLease(rest);
    return outcome.ok ? { type: "leaseRenewed" } : { type: "leaseRefused", error: outcome.error };
  };
  return (effect, decidedAt) => {
    switch (effect.type) {
      case "renewLease":
        return renewLease(effect.ttl, decidedAt);
      case "addAddresses": {
        const outcome = ownership.addAddresses(effect.validFor);
        return outcome.ok ? undefined : { type: "addressesRefused", error: outcome.error };
      }
      case "dropLease":
        return complain(ownership.dropLease(effect.linger));
      case "removeAddresses":
        return complain(ownership.removeAddresses());
      case "announceAddresses":
        return isOutdated(decidedAt) ? undefined : complain(ownership.announceAddresses());
      case "refuseHandover":
        return say({ type: "handoverRefused", reason: effect.reason });
      case "reportRestored":
        return say({ type: "restored", what: `address ${effect.address}` });
      case "reportRefused":
        return say({ type: "refused", error: effect.error });
      case "reportConflict":
        return say({ type: "conflict", yields: effect.yields });
      case "reportRole":
        return undefined;
      case "exit":
        exit();
        return undefined;
    }
  };

  function say(message: AgentMessage): undefined {
    tell(message);
  }
}
