import type { Instant } from "@vipair/model";
import { earliest } from "../node/timing.js";
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
