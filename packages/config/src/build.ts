import {
  type BalancedService,
  type Config,
  type Endpoint,
  type HealthCheck,
  type Heartbeat,
  type IpAddress,
  interfacesOf,
  type Millis,
  millisOf,
  type Node,
  type Pair,
  prefixContains,
  type RedirectService,
  type Service,
  type Track,
  type VirtualAddress,
} from "@vipair/model";
import type { Shaped, ShapedCheck, ShapedService, ShapedTrack } from "./schema/config.js";
import type { PeerEndpoint } from "./schema/scalar.js";

/** Turns a document that has its shape and obeys the rules into the model's configuration. */
export function buildConfig({ pair, addresses, services, fastPath }: Shaped): Config {
  const carried = addresses.map((entry) => ({ prefix: entry.address, interface: entry.interface }));
  return {
    pair: buildPair(pair, carried),
    addresses: carried,
    services: Object.entries(services ?? {}).map(([name, service]) => buildService(name, service)),
    fastPath: fastPath === true ? "busy" : fastPath === false ? "none" : "all",
  };
}

function buildPair(
  { nodes, heartbeat, track, witness, ...rest }: Shaped["pair"],
  carried: readonly VirtualAddress[],
): Pair {
  const [first, second] = Object.entries(nodes).map(([name, node]): Node => ({ name, ...node }));
  if (first === undefined || second === undefined) throw new Error("the rules let a pair without two nodes through");
  const { name, secretFile, preempt, preemptDelay, reachDelay, sync } = rest;
  return {
    name,
    secretFile,
    nodes: [first, second],
    heartbeat: buildHeartbeat(heartbeat, carried),
    preempt,
    preemptDelay,
    reachDelay,
    witness: (witness ?? []).map((address) => ({ address, interface: linkOf(address, carried) })),
    sync,
    track: (track ?? []).map((entry) => buildTrack(entry, carried)),
  };
}

function buildHeartbeat(
  { interfaces, virtualMac, ...rest }: Shaped["pair"]["heartbeat"],
  carried: readonly VirtualAddress[],
): Heartbeat {
  const own = virtualMac ? ({ virtualMac } as const) : {};
  return { ...rest, ...own, interfaces: interfaces ?? interfacesOf(carried) };
}

function buildTrack(track: ShapedTrack, carried: readonly VirtualAddress[]): Track {
  const { interface: link, gateway, script, service, minimum, interval, rise = 2, fall = 3, weight } = track;
  if (link !== undefined) return { kind: "interface", interface: link, weight };
  if (gateway !== undefined) {
    const sampled = { interval: interval ?? millisOf(1_000), rise, fall };
    return { kind: "gateway", gateway, interface: linkOf(gateway, carried), ...sampled, weight };
  }
  if (script !== undefined) {
    return { kind: "script", script, interval: interval ?? millisOf(5_000), rise, fall, weight };
  }
  if (service !== undefined) return { kind: "service", service, minimum: minimum ?? 1, weight };
  throw new Error("the rules let a track that watches nothing through");
}

/** The interface on which an address is a neighbour. */
function linkOf(address: IpAddress, carried: readonly VirtualAddress[]): string {
  const via = carried.find(({ prefix }) => prefixContains(prefix, address));
  if (via === undefined) throw new Error("the rules let a host that is no neighbour through");
  return via.interface;
}

function buildService(name: string, service: ShapedService): Service {
  const { listen, redirect } = service;
  return redirect === undefined
    ? buildBalanced(name, service)
    : ({ kind: "redirect", name, listen, redirect } satisfies RedirectService);
}

function buildBalanced(name: string, service: ShapedService): BalancedService {
  const { listen, mode, scheduler, persistence, health, interval, timeout, rise, fall, servers, sorry } = service;
  const { protocol } = listen;
  return {
    kind: "balanced",
    name,
    listen,
    mode,
    scheduler,
    persistence: persistence && {
      prefix: persistence.prefix ?? (listen.address.family === 4 ? 32 : 128),
      timeout: persistence.timeout,
      clients: persistence.clients,
    },
    health: health?.map(buildCheck) ?? (protocol === "tcp" ? [{ type: "tcp", port: undefined }] : []),
    interval,
    timeout: timeout ?? defaultTimeout(interval),
    rise,
    fall,
    servers: Object.entries(servers ?? {}).map(([server, { address, weight, maxConnections }]) => ({
      name: server,
      address: withProtocol(address, protocol),
      weight,
      maxConnections,
    })),
    sorry: sorry && withProtocol(sorry, protocol),
  };
}

function buildCheck({ type, port, ...http }: ShapedCheck): HealthCheck {
  if (type === "tcp") return { type, port };
  const { method, path, status, body, host, sni, verify } = http;
  return { type, port, method, path, status, body, host, sni, verify };
}

const defaultTimeout = (interval: Millis): Millis => millisOf(Math.min(1_000, interval));

const withProtocol = ({ endpoint }: PeerEndpoint, protocol: Endpoint["protocol"]): Endpoint => ({
  ...endpoint,
  protocol,
});
