import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { replicating } from "../bench/sync/pair.js";
import { living, Replication } from "../bench/sync/replication.js";
import { type CauseName, causes } from "../failover/cause.js";
import { type Move, moveAway, moveBack, recover } from "../failover/move.js";
import { openStage, type Stage } from "../stage/stage.js";
import { pause, until } from "../topology/clock.js";
import { type LbName, otherLb } from "../topology/plan.js";
import { Connections, type ConnectionsReport } from "../traffic/connections/connections.js";
import { Download, intact } from "../traffic/download.js";
import { Flows } from "../traffic/flows/flows.js";
import { targets } from "../traffic/target.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

/** In `nat` and `snat` mode, over IPv4 and IPv6. */
const everyTarget = Object.values(targets);
const plan = { targets: everyTarget, busy: 16, everyMs: 50, idle: 16, streams: 4, octetsPerSecond: 1 << 21 };
const flowCount = 16;
/** The outage, and the retransmission that comes up to once that time later. */
const longestWaitMs = 1_500;
/** A tenth of a second, the beat after it, and what it takes to tell the other node. */
const longestYouthMs = 400;

let stage: Stage<VipairPair>;
let flows: Flows;
let open: Connections[] = [];
/** Its damage is not undone yet. */
let away: Move | undefined;
/** Connections may begin on the fast path. */
let beginsThere: boolean;

describe.each([
  { way: "the ordinary way", fastPath: false },
  { way: "the fast path", fastPath: true },
  { way: "a fast path where they begin", fastPath: "all" },
] as const)("on $way", ({ fastPath }) => {
  beforeAll(async () => {
    const configuration = (secret: string): string => vipairConfiguration(secret, { fastPath });
    beginsThere = fastPath === "all";
    stage = await openStage((topology) => VipairPair.start(topology, configuration));
    // The same ones through all tests: a flow keeps its server for as long as it lives.
    flows = new Flows(stage.topology.host("client"), { targets: everyTarget, count: flowCount });
  });
  afterEach(async () => {
    await undo();
    await Promise.all(open.map((connections) => connections.end()));
    open = [];
  });
  afterAll(() => stage?.topology.close());

  test.each(["planned", "killed", "stopped", "clientLink", "power"] as const)(
    "%s: connections of every sort survive it, and the way back",
    async (name) => {
      const { pair } = stage;
      const connections = await connect();
      await pair.protects(await pair.settled(), connections.count + flowCount);
      if (fastPath) await carries(await pair.settled(), plan.streams);
      const move = await underWay(connections, () => leave(name), name);
      await undo();
      await pair.protects(move.to, connections.count + flowCount);
      if (fastPath) await carries(move.to, plan.streams);
      await underWay(connections, () => moveBack(pair, move));
    },
  );

  test("a standby that is killed and starts again in the middle has everything when it takes over", async () => {
    const { pair } = stage;
    const connections = await connect();
    const from = await pair.settled();
    const standby = otherLb(from);
    const replication = new Replication(await replicating(stage));
    const load = { count: 40_000, perSecond: 8_000 };
    const creating = replication.create(load);
    await until("a part has been replicated", 10_000, async () => (await syncOf(from)).protected > load.count / 8);
    pair.signal(standby, "SIGKILL");
    await pair.restart(standby);
    const created = await creating;
    await pair.protects(from, load.count + connections.count);
    await underWay(connections, () => leave("killed"), "killed");
    expect(await replication.compare(living(created))).toMatchObject({ existing: load.count, missing: 0, altered: 0 });
  });
});

/** The node's fast path has at least so many connections. */
async function carries(node: LbName, count: number): Promise<void> {
  await until(`${node} carries ${count} connections`, 20_000, async () => {
    const { fastPath } = await stage.pair.nodes[node].status();
    if (fastPath === undefined || fastPath.connections < count) throw new Error(JSON.stringify(fastPath));
    return true;
  });
}

async function leave(name: CauseName): Promise<Move> {
  away = await moveAway(stage.topology, stage.pair, causes[name]);
  return away;
}

async function undo(): Promise<void> {
  const move = away;
  away = undefined;
  if (move) await recover(stage.topology, stage.pair, move);
}

async function connect(): Promise<Connections> {
  const connections = await Connections.open(stage.topology.host("client"), plan);
  open.push(connections);
  return connections;
}

/** Moves ownership while downloads are under way, and expects everything to go on. */
async function underWay<T>(connections: Connections, move: () => Promise<T>, cause: CauseName = "planned"): Promise<T> {
  const downloads = everyTarget.map((target) => new Download(stage.topology.host("client"), target));
  await until("the downloads have begun", 5_000, () => downloads.every(({ isUnderWay }) => isUnderWay));
  // The other node does not know yet what is young; before a planned failover it is told.
  if (beginsThere && cause !== "planned") await pause(longestYouthMs);
  await Promise.all([connections.begin(), flows.begin()]);
  const moved = await move();
  expect(downloads.map(({ isUnderWay }) => isUnderWay)).toEqual(downloads.map(() => true));
  await flows.begin();
  const proven = await connections.prove();
  expect(await brokenOf(proven)).toEqual([]);
  expect(proven.alive).toBe(connections.count);
  expect(Math.max(proven.longestWaitMs, proven.longestSilenceMs)).toBeLessThan(longestWaitMs);
  expect(await Promise.all(downloads.map((download) => download.result()))).toEqual(downloads.map(() => intact));
  await until("every flow is answered", 5_000, async () => (await flows.report()).answered === flowCount);
  expect(await flows.report()).toMatchObject({ strayed: 0, wrong: 0 });
  return moved;
}

/** What broke, and what the nodes say happened. */
async function brokenOf({ broken }: ConnectionsReport): Promise<string[]> {
  if (broken.length === 0) return [];
  const events = await Promise.all(Object.values(stage.pair.nodes).map((node) => node.events().catch(() => [])));
  const story = events.flat().sort((a, b) => a.at.localeCompare(b.at));
  const lines = story.slice(-15).map(({ at, node, message }) => `${at} ${node} ${message}`);
  return [...broken.map((one) => JSON.stringify(one)), ...lines];
}

const syncOf = async (node: "lb1" | "lb2") => (await stage.pair.nodes[node].status()).sync;
