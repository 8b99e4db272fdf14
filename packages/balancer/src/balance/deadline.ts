import { type Instant, instantOf, remember } from "@vipair/model";
import { strayDeadline } from "../stray/stray.js";
import type { BalanceState, ServerState, ServiceState } from "./state.js";

const never = Number.POSITIVE_INFINITY;

/** When the next `deadlineReached` is due: 0, long past, while the first ruleset is still to be asked for. */
export function nextDeadline(state: BalanceState): Instant | undefined {
  if (state.ruleset === undefined) return instantOf(0);
  const strays = strayDeadline(state.strays) ?? never;
  const earliest = state.services.reduce((soonest, service) => Math.min(soonest, serviceDeadline(service)), strays);
  return earliest === never ? undefined : instantOf(earliest);
}

/** Whether a server of the service has something to do now. */
export const isDue = (service: ServiceState, now: Instant): boolean => serviceDeadline(service) <= now;

const serviceDeadline = remember((service: ServiceState): number =>
  service.servers.reduce((soonest, server) => Math.min(soonest, serverDeadline(server)), never),
);

const serverDeadline = ({ probing, drainUntil }: ServerState): number =>
  Math.min(probing.type === "waiting" ? probing.due : never, drainUntil ?? never);
