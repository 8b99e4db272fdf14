import type { Instant } from "@vipair/model";
import { earliest } from "../../node/timing.js";
import type { RouterState } from "./state.js";

/** When `deadlineReached` is due: the earliest deadline in the state; `undefined`: the state waits for nothing. */
export function nextRouterDeadline(state: RouterState): Instant | undefined {
  switch (state.role) {
    case "initialize":
      return undefined;
    case "backup":
      return earliest(state.activeDownAt, state.balancerDeadline, state.refusedUntil);
    case "active":
      return earliest(state.adverAt, state.leaseUntil, state.addressesAt, state.announceAt, state.balancerDeadline);
  }
}
