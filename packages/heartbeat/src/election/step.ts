import type { Instant } from "@vipair/model";
import { grantLease, hasLapsed } from "../node/tenure.js";
import { stepActive } from "./active.js";
import { stepBackup } from "./backup.js";
import type { ElectionStep } from "./become.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionEvent } from "./event.js";
import { stepInitialize } from "./initialize.js";
import { lapse } from "./lease.js";
import type { ActiveState, ElectionState } from "./state.js";

export type { ElectionStep } from "./become.js";

/**
 * The next state, and what is to be done, in this order. `now` must not run backwards; what has arrived is stepped
 * before a deadline that passed meanwhile. Outcomes of effects come back as events before anything else is stepped.
 */
export function stepElection(
  config: ElectionConfig,
  state: ElectionState,
  event: ElectionEvent,
  now: Instant,
): ElectionStep {
  switch (state.role) {
    case "initialize":
      return stepInitialize(config, state, event, now);
    case "backup":
      return stepBackup(config, state, event, now);
    case "active":
      return stepOwner(config, grantLease(config, state, event), event, now);
  }
}

/** An active node whose lease lapsed is a backup before the event reaches it. */
function stepOwner(config: ElectionConfig, state: ActiveState, event: ElectionEvent, now: Instant): ElectionStep {
  if (!hasLapsed(state, now)) return stepActive(config, state, event, now);
  const lapsed = lapse(config, state, now);
  const next = stepElection(config, lapsed.state, event, now);
  return { state: next.state, effects: [...lapsed.effects, ...next.effects] };
}
