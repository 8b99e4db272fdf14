import { type BalanceEvent, type BalanceState, stepBalance } from "@vipair/balancer";
import {
  type ElectionConfig,
  type ElectionEvent,
  type ElectionState,
  type NodeConfig,
  type RouterEvent,
  type RouterState,
  stepElection,
  stepRouter,
} from "@vipair/heartbeat";
import type { Instant, MachineName } from "@vipair/model";

/** A machine with its configuration, whichever it is. */
export type Step = (
  state: unknown,
  event: unknown,
  now: Instant,
) => { readonly state: unknown; readonly effects: readonly { readonly type: string }[] };

/** The machine that a recording is of, as it is in this repository. */
export function machineOf(machine: MachineName, config: unknown): Step {
  switch (machine) {
    case "election":
      return (state, event, now) =>
        stepElection(config as ElectionConfig, state as ElectionState, event as ElectionEvent, now);
    case "router":
      return (state, event, now) => stepRouter(config as NodeConfig, state as RouterState, event as RouterEvent, now);
    case "balance":
      return (state, event, now) => stepBalance(state as BalanceState, event as BalanceEvent, now);
  }
}
