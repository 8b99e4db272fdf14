import { type Admin, formatHostPort, type Health, serverKey } from "@vipair/model";
import { eligibleServers, isEligible } from "./eligible.js";
import type { BalanceState, ServerState, ServiceState } from "./state.js";

export interface ServiceView {
  readonly name: string;
  /** The conntrack mark of its connections. */
  readonly mark: number;
  /** New connections are answered: a server gets them, a sorry server stands in, or this node redirects. */
  readonly up: boolean;
  readonly servers: readonly ServerView[];
}

export interface ServerView {
  readonly name: string;
  /** `10.77.2.11:443`. */
  readonly address: string;
  /** By this node's own probes. */
  readonly health: Health;
  readonly admin: Admin;
  readonly because: string;
  readonly weight: number;
  readonly peerHealth: Health | undefined;
  /** Whether it gets new connections. */
  readonly eligible: boolean;
}

/** Every service with its servers, in the order of the configuration. */
export const serviceViews = (state: BalanceState): readonly ServiceView[] =>
  state.services.map((service) => ({
    name: service.service.name,
    mark: service.mark,
    up: isUp(service, state.redirectPort),
    servers: service.servers.map(serverView),
  }));

/** Whether this node's own probes have decided on every server. */
export const knownHealth = (state: BalanceState): boolean =>
  state.services.every(({ servers }) => servers.every(({ health }) => health.health !== "unknown"));

/** This node's own view of every server, by `service/server`: what the peer receives as its `peerHealth`. */
export function healthRecord(state: BalanceState): Readonly<Record<string, Health>> {
  const record: Record<string, Health> = {};
  for (const { service, servers } of state.services) {
    for (const { server, health } of servers) record[serverKey(service.name, server.name)] = health.health;
  }
  return record;
}

function isUp(state: ServiceState, redirectPort: number | undefined): boolean {
  if (state.service.kind === "redirect") return redirectPort !== undefined;
  return state.service.sorry !== undefined || eligibleServers(state).length > 0;
}

const serverView = (state: ServerState): ServerView => ({
  name: state.server.name,
  address: formatHostPort(state.server.address),
  health: state.health.health,
  admin: state.admin,
  because: state.because,
  weight: state.server.weight,
  peerHealth: state.peerHealth,
  eligible: isEligible(state),
});
