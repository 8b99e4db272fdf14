import { type Instant, instantOf } from "@vipair/model";
import type { BalanceState, ServerState } from "./state.js";

/** When the next `deadlineReached` is due: 0, long past, while the first ruleset is still to be asked for. */
export function nextDeadline(state: BalanceState): Instant | undefined {
  if (state.ruleset === undefined) return instantOf(0);
  let earliest: Instant | undefined;
  for (const { servers } of state.services) {
    for (const server of servers) {
      const deadline = serverDeadline(server);
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
  }
  return earliest;
}

function serverDeadline({ probing, drainUntil }: ServerState): Instant | undefined {
  const due = probing.type === "waiting" ? probing.due : undefined;
  if (due === undefined || drainUntil === undefined) return due ?? drainUntil;
  return due < drainUntil ? due : drainUntil;
}
