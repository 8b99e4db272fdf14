import type { AgentReport } from "@vipair/agent";
import { type ServerView, type ServiceView, serviceViews } from "@vipair/balancer";
import {
  type AddressReport,
  type Config,
  deviceOf,
  type FastPathReport,
  formatEndpoint,
  formatPrefix,
  type NodeReport,
  type Persistence,
  type PersistenceReport,
  type PresenceReport,
  type ReplicationReport,
  type ServerReport,
  type Service,
  type ServiceReport,
  type TrackReport,
  type TuningReport,
  trackKey,
} from "@vipair/model";
import type { FastFlows } from "../balance/fast-flows.js";
import type { BalanceLoop } from "../balance/loop.js";
import type { Traffic } from "../balance/traffic.js";
import type { YoungFlows } from "../balance/young-flows.js";
import type { Freezes } from "../pair/freezes.js";

/** What the report of this node is made of. */
export interface NodeReportParts {
  readonly node: string;
  readonly version: string;
  readonly config: Config;
  readonly agent: AgentReport | undefined;
  readonly balance: BalanceLoop;
  readonly traffic: Traffic;
  /** Those that the agent does not look at itself. */
  readonly tracks: readonly TrackReport[];
  /** How many clients the service with this mark remembers. */
  readonly clients: (mark: number) => number;
  readonly maintenance: boolean;
  readonly missing: readonly string[];
  readonly startedAt: string;
  readonly replication: ReplicationReport;
  readonly tuning: TuningReport;
  readonly freezes: Pick<Freezes, "own" | "explanation">;
  readonly presence: PresenceReport | undefined;
  readonly fastFlows:
    | (Pick<FastFlows, "count"> & { readonly young: Pick<YoungFlows, "services"> | undefined })
    | undefined;
}

export function reportNode(parts: NodeReportParts): NodeReport {
  const { agent, node, version, config, maintenance, missing } = parts;
  const [frozen, explanation] = [parts.freezes.own(), parts.freezes.explanation()];
  const priority = config.pair.nodes.find(({ name }) => name === node)?.priority ?? 0;
  return {
    node,
    version,
    role: agent?.role ?? "initialize",
    since: agent?.since ?? parts.startedAt,
    reason: agent?.reason ?? "start",
    ...(explanation === undefined ? {} : { explanation }),
    ready: missing.length === 0,
    missing,
    maintenance,
    priority: agent?.priority ?? priority,
    term: agent?.term ?? 0,
    addresses: reportAddresses(config, agent),
    heartbeat: agent?.paths ?? [],
    tracks: reportTracks(parts),
    ...(agent?.reach === undefined ? {} : { reach: agent.reach }),
    refused: agent?.refused ?? {},
    services: reportServices(parts),
    ...(agent === undefined ? {} : { takeover: agent.takeover }),
    replication: parts.replication,
    tuning: parts.tuning,
    ...(parts.presence === undefined ? {} : { presence: parts.presence }),
    ...(frozen === undefined ? {} : { frozen }),
    ...(config.fastPath === "none" ? {} : { fastPath: reportFastPath(parts.fastFlows) }),
  };
}

const reportFastPath = (flows: NodeReportParts["fastFlows"]): FastPathReport => ({
  open: flows !== undefined,
  connections: flows?.count ?? 0,
  ...(flows?.young === undefined ? {} : { services: flows.young.services }),
});

function reportAddresses({ pair, addresses }: Config, agent: AgentReport | undefined): AddressReport[] {
  return addresses.map((virtual) => {
    const address = formatPrefix(virtual.prefix);
    const device = deviceOf(pair, virtual);
    return {
      address,
      interface: virtual.interface,
      ...(device === undefined ? {} : { device: device.name, mac: device.mac }),
      held: agent?.held.includes(address) ?? false,
    };
  });
}

/** The interfaces that the configuration names, or that fail, and everything else that is tracked. */
function reportTracks({ config, agent, tracks }: NodeReportParts): TrackReport[] {
  const named = new Map(
    config.pair.track.flatMap((track) =>
      track.kind === "interface" ? [[trackKey(track), track.weight] as const] : [],
    ),
  );
  const failed = agent?.failedTracks.filter((track) => track.startsWith("interface ")) ?? [];
  const interfaces = [...new Set([...named.keys(), ...failed])].map((track) => {
    const weight = named.get(track);
    return { track, ok: !failed.includes(track), ...(weight === undefined ? {} : { weight }) };
  });
  return [...interfaces, ...tracks];
}

function reportServices(parts: NodeReportParts): ServiceReport[] {
  const { config, balance } = parts;
  const views = new Map(serviceViews(balance.state).map((view) => [view.name, view]));
  return config.services.flatMap((service) => {
    const view = views.get(service.name);
    return view === undefined ? [] : [reportService(service, view, parts)];
  });
}

function reportService(service: Service, view: ServiceView, parts: NodeReportParts): ServiceReport {
  const { traffic } = parts;
  const { name } = service;
  const listen = formatEndpoint(service.listen);
  if (service.kind === "redirect") {
    return { name, listen, mode: "redirect", scheduler: "-", up: true, servers: [] };
  }
  const { persistence } = service;
  const servers = view.servers.map((server) => reportServer(service.name, view.mark, server, traffic));
  const { mode, scheduler } = service;
  return {
    name,
    listen,
    mode,
    scheduler,
    up: view.up,
    resets: traffic.resets(name),
    ...(persistence === undefined ? {} : { persistence: reportPersistence(name, view.mark, persistence, parts) }),
    servers,
  };
}

const reportPersistence = (
  service: string,
  mark: number,
  { prefix, timeout, clients: most }: Persistence,
  { clients, traffic }: Pick<NodeReportParts, "clients" | "traffic">,
): PersistenceReport => ({
  prefix,
  timeoutSeconds: Math.round(timeout / 1_000),
  clients: clients(mark),
  most,
  unkept: traffic.unkept(service),
});

function reportServer(service: string, mark: number, view: ServerView, traffic: Traffic): ServerReport {
  const { total, perSecond } = traffic.rate(service, view.name);
  return {
    name: view.name,
    address: view.address,
    health: view.health,
    admin: view.admin,
    weight: view.weight,
    connections: traffic.connections.to(mark, view.address),
    totalConnections: total,
    connectionsPerSecond: perSecond,
    because: view.because,
    ...(view.peerHealth === undefined ? {} : { peerHealth: view.peerHealth }),
  };
}
