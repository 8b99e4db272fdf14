import { monotonicMs, pause } from "../topology/clock.js";
import type { Host } from "../topology/host.js";
import { Instrument } from "../traffic/instrument.js";
import { openContender } from "./contender/all.js";
import type { BenchServer, BenchService, Contender, ContenderName } from "./contender/contender.js";
import { atMost, type Judged, quotient, type Verdict } from "./hop.js";
import { measureFirstAnswer } from "./load/connects.js";
import { measurePackets } from "./load/iperf.js";
import { measureRequests } from "./load/wrk.js";
import { benchServices } from "./services.js";
import { median, round } from "./statistics.js";
import { markOfService } from "./sync/pair.js";
import type { CreatedAnswer, CreateQuestion } from "./sync/program.js";
import { busyShare, reading, settleMs } from "./turns.js";
import { residentMb } from "./usage.js";

/** What grows. */
export const dimensions = ["services", "servers", "connections"] as const;
export type Dimension = (typeof dimensions)[number];

export const sizes: Readonly<Record<Dimension, readonly number[]>> = {
  services: [1, 10, 100, 1_000, 5_000],
  servers: [10, 100, 1_000, 10_000],
  connections: [1_000, 10_000, 100_000, 200_000],
};

/** One contender at one size: medians over the rounds. */
export interface ScalePoint {
  readonly contender: ContenderName;
  readonly dimension: Dimension;
  readonly size: number;
  /** From its start until it serves. */
  readonly startMs: number;
  /** From the request for a configuration with one service more until a client is answered by that. */
  readonly reloadMs: number | undefined;
  /** Memory of its processes, at the end. */
  readonly residentMb: number;
  /** UDP datagrams of 64 bytes; left out where it has no UDP. */
  readonly packetsPerSecond: number | undefined;
  readonly packetUs: number | undefined;
  readonly connectionsPerSecond: number;
  readonly connectionUs: number;
}

export interface ScaleBench extends Judged {
  readonly points: readonly ScalePoint[];
}

const contenders: readonly ContenderName[] = ["vipair", "nftlb", "haproxy"];

export interface ScaleOptions {
  readonly of: readonly Dimension[];
  /** Sizes beyond this are left out. */
  readonly most: number;
  readonly rounds: number;
  readonly seconds: number;
}

/** Each size on each contender, in turns; the sizes of one dimension in every round. */
export async function benchScale(
  { of: only, most, rounds, seconds }: ScaleOptions,
  say: (line: string) => void,
): Promise<ScaleBench> {
  const measured: ScalePoint[] = [];
  for (const dimension of only) {
    for (let turn = 1; turn <= rounds; turn++) {
      for (const size of sizes[dimension].filter((size) => size <= most)) {
        for (const name of contenders) {
          if (dimension === "connections" && name === "haproxy") continue; // its connections are not in the kernel's table
          const point = await measurePoint(name, dimension, size, seconds).catch((error: Error) => error);
          if (point instanceof Error) say(`round ${turn}: ${name}: ${size} ${dimension}: ${point.message}`);
          else say(`round ${turn}: ${told(point)}`);
          if (!(point instanceof Error)) measured.push(point);
        }
      }
    }
  }
  const points = combine(measured);
  const verdicts = only.flatMap((dimension) => judge(points, dimension));
  return { rounds, seconds, points, verdicts, passed: verdicts.every(({ passed }) => passed) };
}

async function measurePoint(
  name: ContenderName,
  dimension: Dimension,
  size: number,
  seconds: number,
): Promise<ScalePoint> {
  const contender = await openContender(name);
  try {
    const services = servicesOf(dimension, size);
    const startedAt = monotonicMs();
    await contender.start(services);
    const startMs = round(monotonicMs() - startedAt);
    const fill = dimension === "connections" ? await fillTable(contender, size) : undefined;
    const { topology } = contender;
    const [client, balancer] = [topology.host("client"), topology.host("lb1")];
    const idle = await settled(balancer);
    const packets = contender.protocols.includes("udp")
      ? await reading(balancer, () => measurePackets(client, contender.target, seconds), idle)
      : undefined;
    const opened = await reading(
      balancer,
      () => measureRequests(client, contender.target, { seconds, clients: 32, oneEach: true }),
      idle,
    );
    const reloadMs = await measureReload(contender, services);
    const point: ScalePoint = {
      contender: name,
      dimension,
      size,
      startMs,
      reloadMs,
      residentMb: residentMb(contender.pids),
      packetsPerSecond: packets?.perSecond,
      packetUs: packets?.eachUs,
      connectionsPerSecond: opened.perSecond,
      connectionUs: opened.eachUs,
    };
    await fill?.end();
    await contender.stop();
    return point;
  } finally {
    await contender.topology.close();
  }
}

/**
 * Waits until what a start leaves behind is over: the first probes of thousands of servers take longer than that of one.
 * @returns how busy the machine then is without a load: what probes cost is no part of a packet
 */
async function settled(balancer: Host): Promise<number> {
  await pause(settleMs);
  for (let tries = 0; tries < mostSettling; tries++) {
    const share = await busyShare(balancer, 2_000);
    if (share < quiet) return share;
  }
  throw new Error(`the machine has not come to rest within ${(settleMs + mostSettling * 2_000) / 1_000} s`);
}

const quiet = 0.4;
const mostSettling = 30;

/** A service that is added in each contender's own way, and asked by the client until it answers. */
async function measureReload(contender: Contender, services: readonly BenchService[]): Promise<number | undefined> {
  const { reload, topology, target } = contender;
  if (reload === undefined) return undefined;
  const added: BenchService = { ...filler(0), name: "added", port: 29_000 };
  const client = topology.host("client");
  return round(await measureFirstAnswer(client, target, added.port, () => reload([added, ...services])));
}

/** Connections of the contender's in the kernel's table, as the bench of replication makes them. */
async function fillTable(
  { name, topology }: Contender,
  count: number,
): Promise<Instrument<CreateQuestion, CreatedAnswer>> {
  const generator = new Instrument<CreateQuestion, CreatedAnswer>(
    topology.host("lb1"),
    "bench/sync/generator-program",
    [],
  );
  const mark = name === "vipair" ? await markOfService(topology, "lb1") : 1;
  await generator.ask({ type: "create", mark, count, perSecond: 40_000 }, 60_000);
  return generator;
}

const web = (servers: readonly BenchServer[]): BenchService => ({ name: "web", protocol: "tcp", port: 80, servers });

/** Where the servers answer besides port 80: see `load/servers.ts`. */
const serverPorts = { first: 20_000, count: 5_000 };

function servicesOf(dimension: Dimension, size: number): readonly BenchService[] {
  const others = benchServices.filter(({ name }) => name !== "web");
  switch (dimension) {
    case "connections":
      return benchServices;
    case "servers":
      return [...others, ...shareServers(size)];
    case "services":
      return [...fillers(0, Math.max(0, size - benchServices.length)), ...benchServices];
  }
}

/** More than one service takes are shared by several; all load goes to the first. */
function shareServers(size: number): readonly BenchService[] {
  const servers = Array.from({ length: size }, (_, index) => server(index));
  const shares = Array.from({ length: Math.ceil(size / mostServers) }, (_, share) =>
    servers.slice(share * mostServers, (share + 1) * mostServers),
  );
  return shares.map((share, index) => (index === 0 ? web(share) : { ...filler(index), servers: share }));
}

const mostServers = 4_000;

/** Services that nobody speaks to. */
const fillers = (from: number, to: number): BenchService[] =>
  Array.from({ length: to - from }, (_, index) => filler(from + index));

const filler = (index: number): BenchService => ({
  ...web([0, 1].map((at) => ({ ...server(at), port: 80 }))),
  name: `filler${index}`,
  port: 30_000 + index,
});

const server = (index: number): BenchServer => ({
  address: index % 2 === 0 ? "10.77.2.11" : "10.77.2.12",
  port: serverPorts.first + (Math.floor(index / 2) % serverPorts.count),
});

/** Medians of what was measured at the same size. */
function combine(measured: readonly ScalePoint[]): ScalePoint[] {
  const groups = new Map<string, ScalePoint[]>();
  for (const point of measured) {
    const key = `${point.dimension} ${point.size} ${point.contender}`;
    groups.set(key, [...(groups.get(key) ?? []), point]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const middle = (value: (point: ScalePoint) => number | undefined): number =>
      median(group.map((point) => value(point) ?? 0));
    const maybe = (value: (point: ScalePoint) => number | undefined): number | undefined =>
      value(first) === undefined ? undefined : middle(value);
    return {
      ...first,
      startMs: middle(({ startMs }) => startMs),
      reloadMs: maybe(({ reloadMs }) => reloadMs),
      residentMb: middle(({ residentMb }) => residentMb),
      packetsPerSecond: maybe(({ packetsPerSecond }) => packetsPerSecond),
      packetUs: maybe(({ packetUs }) => packetUs),
      connectionsPerSecond: middle(({ connectionsPerSecond }) => connectionsPerSecond),
      connectionUs: middle(({ connectionUs }) => connectionUs),
    };
  });
}

/** The cost of a packet does not grow: what the largest size costs, by what the smallest does. */
function judge(points: readonly ScalePoint[], dimension: Dimension): Verdict[] {
  const ours = points.filter((point) => point.contender === "vipair" && point.dimension === dimension);
  const [least, most] = [ours.at(0), ours.at(-1)];
  if (dimension === "connections" || least === undefined || most === undefined) return [];
  const growth = quotient(most.packetUs, least.packetUs);
  return [atMost(`a packet with ${most.size} ${dimension}, by one with ${least.size}`, growth, 1.05)];
}

const told = ({ contender, dimension, size, startMs, packetsPerSecond, connectionsPerSecond }: ScalePoint): string =>
  [
    `${contender}: ${size} ${dimension}: serves after ${Math.round(startMs)} ms`,
    packetsPerSecond === undefined ? "no UDP" : `${Math.round(packetsPerSecond)} datagrams/s`,
    `${Math.round(connectionsPerSecond)} connections/s`,
  ].join(", ");
