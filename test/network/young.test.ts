import { afterAll, beforeAll, expect, test } from "vitest";
import { measureRequests } from "../bench/load/wrk.js";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { type LbName, otherLb, virtualAddress, virtualAddress6 } from "../topology/plan.js";
import { Connections } from "../traffic/connections/connections.js";
import { targets } from "../traffic/target.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

/** Connections begin where nobody but a program in the kernel knows them: what it must not lose of them, or of their number. */
let stage: Stage<VipairPair>;

beforeAll(async () => {
  const configuration = (secret: string): string => vipairConfiguration(secret, { fastPath: "all" });
  stage = await openStage((topology) => VipairPair.start(topology, configuration));
});
afterAll(() => stage?.topology.close());

const urls = [`http://${virtualAddress}/`, `http://[${virtualAddress6}]/`];
/** Requests, a connection for each, one after the other; who answered them. */
async function request(times: number, url: string): Promise<string[]> {
  const script = `for i in $(seq ${times}); do curl -gsS --max-time 5 -w '\\n' ${url}; done`;
  return (await stage.topology.host("client").check(["sh", "-c", script])).split("\n").filter((line) => line !== "");
}

/** Entries of conntrack for connections of clients to the web services. */
async function inConntrack(node: LbName): Promise<number> {
  const list = async (family: string) =>
    stage.topology.host(node).check(["conntrack", "-L", "-f", family, "-p", "tcp"]);
  const lines = [...(await list("ipv4")).split("\n"), ...(await list("ipv6")).split("\n")];
  return lines.filter((line) => / dst=(198\.51\.100\.10|2001:db8:1::10) .*?dport=80 /.test(line)).length;
}

/** Connections that servers of both web services got, as the node counts them. */
async function counted(node: LbName): Promise<number> {
  const { services } = await stage.pair.nodes[node].status();
  const servers = services.filter(({ name }) => name === "web" || name === "web6").flatMap(({ servers }) => servers);
  return servers.reduce((sum, { totalConnections }) => sum + totalConnections, 0);
}

test("short connections come to both servers in turns, are counted, and never seen by conntrack", async () => {
  const active = await stage.pair.settled();
  await until("they may begin there", 10_000, async () => {
    const { fastPath } = await stage.pair.nodes[active].status();
    return (fastPath?.services ?? 0) >= 6;
  });
  const before = await counted(active);
  for (const url of urls) {
    const servers = await request(20, url);
    expect(servers.filter((server) => server === "rs1")).toHaveLength(10);
    expect(servers.filter((server) => server === "rs2")).toHaveLength(10);
  }
  expect(await inConntrack(active)).toBe(0);
  await until("they are counted", 10_000, async () => (await counted(active)) === before + 40);
  const { stdout } = await stage.pair.nodes[active].cli("status");
  expect(stdout).toMatch(/^fast path {2}✔ lb\d carries \d+ busy connections, connections of 6 services begin there$/m);
});

test("a connection that lasts is known to both nodes", async () => {
  const { pair, topology } = stage;
  const plan = { targets: [targets.nat, targets.nat6], busy: 0, everyMs: 50, idle: 20, streams: 0, octetsPerSecond: 0 };
  const connections = await Connections.open(topology.host("client"), plan);
  try {
    await pair.protects(await pair.settled(), connections.count);
  } finally {
    await connections.end();
  }
});

test("a drained server gets no new connections, and again when it is enabled", async () => {
  const active = await stage.pair.settled();
  const node = stage.pair.nodes[active];
  expect((await node.cli("drain", "web/rs1")).code).toBe(0);
  expect(new Set(await request(10, urls[0] as string))).toEqual(new Set(["rs2"]));
  expect((await node.cli("enable", "web/rs1")).code).toBe(0);
  expect(new Set(await request(10, urls[0] as string))).toEqual(new Set(["rs1", "rs2"]));
});

test("what has just begun survives a planned failover", async () => {
  const { pair, topology } = stage;
  const plan = { targets: [targets.nat, targets.nat6], busy: 0, everyMs: 50, idle: 50, streams: 0, octetsPerSecond: 0 };
  for (let round = 0; round < 3; round++) {
    const from = await pair.settled();
    const connections = await Connections.open(topology.host("client"), plan);
    try {
      await pair.planned(from);
      await until("the other node serves", 5_000, () => pair.isActive(otherLb(from)));
      expect(await connections.prove()).toMatchObject({ alive: connections.count, broken: [] });
    } finally {
      await connections.end();
    }
  }
});

test("thousands of short connections meet no error while servers are drained, files read again and ownership moves as planned", async () => {
  const { pair, topology } = stage;
  const active = await pair.settled();
  const load = measureRequests(topology.host("client"), virtualAddress, { seconds: 8, clients: 16, oneEach: true });
  const other = otherLb(active);
  expect((await pair.nodes[active].cli("drain", "web/rs1")).code).toBe(0);
  expect((await pair.nodes[active].cli("enable", "web/rs1")).code).toBe(0);
  for (const { running } of Object.values(pair.nodes)) running?.child.kill("SIGHUP");
  await pair.planned(active);
  expect(await pair.settled()).toBe(other);
  await pair.planned(other);
  const { count, failed } = await load;
  expect(failed).toBe(0);
  expect(count).toBeGreaterThan(5_000);
});
