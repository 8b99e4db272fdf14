import { type Instant, type Server, type Service, serverKey } from "@vipair/model";
import { alwaysUp, unknownHealth } from "../health/health.js";
import { same } from "../ruleset/ruleset.js";
import { cutUdp } from "./cut.js";
import type { CutConnections } from "./effect.js";
import { joinServices, startServer } from "./initial.js";
import { firstProbe, nextProbe, type ProbeTimes, probeTimes } from "./probeTimes.js";
import type { BalanceState, Probing, ServerState } from "./state.js";

/**
 * A reload. A server stays when service, name and address are the same: then it keeps health, admin state and a running
 * probe. One that went away keeps its TCP connections until they end; its UDP flows, which might never end, are cut.
 */
export function replaceServices(
  state: BalanceState,
  services: readonly Service[],
  now: Instant,
): { readonly state: BalanceState; readonly effects: readonly CutConnections[] } {
  const times = probeTimes(services, state.spread);
  const servers = serversByKey(state);
  const starting = countStarting(servers, services, times);
  const joined = joinServices(services, (service, server) => {
    const own = times.get(serverKey(service.name, server.name));
    const before = staying(servers, service, server);
    return before === undefined
      ? startServer(server, own, now, starting)
      : keepServer(before, server, own, now, starting);
  });
  const next = { ...state, services: joined };
  return { state: next, effects: cutRemoved(state, next) };
}

type Servers = ReadonlyMap<string, ServerState>;

/** All servers, by `service/server`. */
const serversByKey = ({ services }: BalanceState): Servers =>
  new Map(
    services.flatMap(({ service, servers }) =>
      servers.map((state) => [serverKey(service.name, state.server.name), state] as const),
    ),
  );

function staying(servers: Servers, { name }: Service, server: Server): ServerState | undefined {
  const before = servers.get(serverKey(name, server.name));
  return before !== undefined && same(before.server.address, server.address) ? before : undefined;
}

function keepServer(
  before: ServerState,
  server: Server,
  times: ProbeTimes | undefined,
  now: Instant,
  starting: number,
): ServerState {
  const kept = { ...before, server, probeTimes: times };
  if (times === undefined) return { ...kept, health: alwaysUp, because: "no check", probing: { type: "never" } };
  if (before.probing.type === "never") {
    const probing: Probing = { type: "waiting", due: firstProbe(now, times, starting) };
    return { ...kept, health: unknownHealth, because: "not probed yet", probing };
  }
  return { ...kept, probing: keepProbing(before, times, now) };
}

function keepProbing({ probing, probeTimes: before }: ServerState, times: ProbeTimes, now: Instant): Probing {
  const sameTimes = before?.interval === times.interval && before.position === times.position;
  if (probing.type !== "waiting" || sameTimes) return probing;
  return { type: "waiting", due: nextProbe(now, now, times) };
}

function countStarting(servers: Servers, services: readonly Service[], times: ReadonlyMap<string, ProbeTimes>) {
  let count = 0;
  for (const service of services) {
    if (service.kind !== "balanced") continue;
    for (const server of service.servers) {
      const before = staying(servers, service, server)?.probing.type ?? "never";
      if (before === "never" && times.has(serverKey(service.name, server.name))) count += 1;
    }
  }
  return count;
}

function cutRemoved(before: BalanceState, next: BalanceState): readonly CutConnections[] {
  const servers = serversByKey(next);
  return before.services.flatMap((service) =>
    service.servers.flatMap((server) => {
      const stays = staying(servers, service.service, server.server) !== undefined;
      return stays ? [] : cutUdp(service, server, "the server is no longer in the configuration");
    }),
  );
}
