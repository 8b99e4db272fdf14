import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { type LbName, otherLb, virtualAddress } from "../topology/plan.js";
import { Connections } from "../traffic/connections/connections.js";
import { targets } from "../traffic/target.js";
import { VipairPair } from "../vipair/pair.js";

/** Packets that find no connection on the new active node, or still come to the one that was active before. */
let stage: Stage<VipairPair>;
const open: Connections[] = [];
const count = 4;
/** A client hears of its end with the next packet that TCP sends again, and pauses between these grow. */
const patienceMs = 30_000;
const plan = { targets: [targets.nat], busy: count / 2, everyMs: 50, idle: count / 2, streams: 0, patienceMs };

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((connections) => connections.end()));
});
afterAll(() => stage?.topology.close());

test("after an unplanned takeover the clients of connections that could not be saved are told, and no others", async () => {
  const { pair, topology } = stage;
  const active = await pair.settled();
  const standby = otherLb(active);
  const saved = await connect();
  await pair.protects(active, count);
  await topology.cutLink(active, "eth2");
  await until("the peer link is down", 10_000, async () => !(await pair.nodes[standby].status()).sync.connected);
  const unsaved = await connect();

  pair.nodes[active].signalAll("SIGKILL");
  await until("the standby is active", 10_000, () => pair.isActive(standby));
  await unsaved.prove();
  expect(await broken(unsaved)).toEqual(Array(count).fill("ECONNRESET"));
  await saved.prove();
  expect(await broken(saved)).toEqual([]);
  await until("the resets are counted", 5_000, async () => (await resets(standby)) >= count);
  expect((await pair.nodes[standby].events()).filter(({ kind }) => kind === "strays")).toMatchObject([
    { detail: { service: "terminal" } },
  ]);

  await topology.restoreLink(active, "eth2");
  pair.nodes[active].start();
  await pair.settled();
});

test("frames that still come to the former active node are passed on for a while, and counted", async () => {
  const { pair, topology } = stage;
  const from = await pair.settled();
  const client = topology.host("client");
  const connections = await connect();
  const mac = await topology.host(from).mac("eth0");
  // As a client does whose ARP cache did not take the announcement.
  const neighbour = ["ip", "neigh", "replace", virtualAddress, "lladdr", mac, "dev", "eth0", "nud", "permanent"];
  await client.check(neighbour);
  try {
    await pair.planned(from);
    await connections.prove();
  } finally {
    await client.check(["ip", "neigh", "del", virtualAddress, "dev", "eth0"]);
  }
  const told = await until("the frames were counted", 5_000, async () =>
    (await pair.nodes[from].events()).find(({ kind, detail }) => kind === "strays" && detail.frames !== undefined),
  );
  expect(told.detail.frames).toBeGreaterThan(0);
  expect(await broken(connections)).toEqual([]);
});

async function connect(): Promise<Connections> {
  const connections = await Connections.open(stage.topology.host("client"), plan);
  open.push(connections);
  return connections;
}

const broken = async (connections: Connections): Promise<string[]> =>
  (await connections.report()).broken.map(({ because }) => because);

async function resets(node: LbName): Promise<number> {
  const { services } = await stage.pair.nodes[node].status();
  return services.find(({ name }) => name === "terminal")?.resets ?? 0;
}
