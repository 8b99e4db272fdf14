import { type Instant, instantOf } from "@vipair/model";
import type { ElectionState } from "./state.js";

/** When `deadlineReached` is due: the earliest deadline in the state; `undefined`: the state waits for nothing. */
export function nextDeadline(state: ElectionState): Instant | undefined {
  switch (state.role) {
    case "initialize":
      return undefined;
    case "backup":
      return earliest(
        state.heartbeatAt,
        state.activeDownAt,
        state.vacancy?.at,
        state.balancerDeadline,
        state.refusedUntil,
      );
    case "active":
      return earliest(
        state.heartbeatAt,
        state.leaseUntil,
        state.addressesAt,
        state.announceAt,
        state.balancerDeadline,
        state.yieldAt,
      );
  }
}

function earliest(...instants: readonly (Instant | undefined)[]): Instant {
  let first = Number.POSITIVE_INFINITY;
  for (const instant of instants) if (instant !== undefined && instant < first) first = instant;
  return instantOf(first);
}
