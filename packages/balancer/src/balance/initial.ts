import { type Instant, type Server, type Service, serverKey } from "@vipair/model";
import { alwaysUp, unknownHealth } from "../health/health.js";
import { serviceMarks } from "../ruleset/mark.js";
import { initialStrays } from "../stray/stray.js";
import { firstProbe, type ProbeTimes, probeTimes } from "./probeTimes.js";
import type { BalanceState, ServerState, ServiceState } from "./state.js";

/**
 * The balance of a node that starts. Its first deadline is in the past: the step for it asks for the first ruleset and
 * starts the first probes.
 *
 * @param spread 0 to 1, different on the two nodes: shifts the probes within their intervals.
 * @param redirectPort the local TCP port that answers for redirect services.
 */
export function initialBalance(
  services: readonly Service[],
  now: Instant,
  spread: number,
  redirectPort?: number,
): BalanceState {
  const times = probeTimes(services, spread);
  const start = (service: Service, server: Server) => {
    const own = times.get(serverKey(service.name, server.name));
    return startServer(server, own, now, times.size);
  };
  return {
    services: joinServices(services, start),
    spread,
    redirectPort,
    strays: initialStrays,
    round: 0,
    ruleset: undefined,
  };
}

/** Services with their marks, and their servers as `join` makes them. */
export function joinServices(
  services: readonly Service[],
  join: (service: Service, server: Server) => ServerState,
): readonly ServiceState[] {
  const marks = serviceMarks(services.map((service) => service.name));
  return services.map((service) => ({
    service,
    mark: marks.get(service.name) ?? 0,
    servers: service.kind === "balanced" ? service.servers.map((server) => join(service, server)) : [],
  }));
}

/** A server that nothing is known of, being one of `count` that start to be probed together. */
export function startServer(server: Server, times: ProbeTimes | undefined, now: Instant, count: number): ServerState {
  return {
    server,
    health: times === undefined ? alwaysUp : unknownHealth,
    because: times === undefined ? "no check" : "not probed yet",
    peerHealth: undefined,
    admin: "enabled",
    drainUntil: undefined,
    probing: times === undefined ? { type: "never" } : { type: "waiting", due: firstProbe(now, times, count) },
    probeTimes: times,
  };
}
