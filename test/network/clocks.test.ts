import type { EventReport, TimelineReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { pause, until } from "../topology/clock.js";
import { FalseClocks } from "../topology/clocks.js";
import { type LbName, otherLb } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";
import { askControl } from "../vipair/control.js";
import { newSecret } from "../vipair/node.js";
import { VipairPair } from "../vipair/pair.js";

/** Nodes whose wall clocks are 15 years apart and jump, and whose machines were booted months apart. */
let stage: Stage<VipairPair>;
let clocks: Readonly<Record<LbName, FalseClocks>>;

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;
const aheadMs: Readonly<Record<LbName, number>> = { lb1: 9 * yearMs, lb2: -6 * yearMs };
const bootedEarlierMs: Readonly<Record<LbName, number>> = { lb1: 4_000 * hourMs, lb2: 200 * hourMs };
const nodes = ["lb1", "lb2"] as const;

beforeAll(async () => {
  stage = await openStage(startApart);
});
afterAll(() => stage?.topology.close());

test("two nodes whose clocks are years apart are a pair, and tell how far", async () => {
  await stage.pair.settled();
  for (const node of nodes) await knowsPeerAhead(node, aheadMs[otherLb(node)] - aheadMs[node]);
});

test("a wall clock that jumps by hours, forth and back, moves nothing, and no heartbeat counts as a replay", async () => {
  const active = await stage.pair.settled();
  const takeovers = await stage.pair.takeovers();
  for (const jumping of [active, otherLb(active)]) {
    for (const hours of [5, -7, 0]) {
      await jump(jumping, hours);
      await pause(manyIntervalsMs);
      for (const node of nodes) await hearsPeerEverywhere(node);
    }
  }
  expect(await stage.pair.takeovers()).toBe(takeovers);
  expect(await stage.pair.settled()).toBe(active);
});

test("both nodes tell a failover in one timeline, also when a clock was set afterwards", async () => {
  const from = await stage.pair.settled();
  const to = otherLb(from);
  await stage.pair.planned(from);
  await stage.pair.settled();
  for (const hours of [0, 5]) {
    await jump(to, hours);
    for (const node of nodes) {
      const { incident, lost, taken } = await until(`${node} tells of it`, 20_000, () => lastFailover(node, from));
      expect(incident.detail).toMatchObject({ from, to, reason: "handover" });
      // In the time of the node that is asked, although the other one's clock said years more or less.
      const apartMs = Date.parse(taken.at) - Date.parse(lost.at);
      expect(Math.abs(apartMs)).toBeLessThan(60_000);
      expect(Number(incident.detail.gapMs)).toBeLessThan(60_000);
    }
  }
});

/** Twice the time after which a path counts as silent, on which every heartbeat is refused. */
const manyIntervalsMs = 2_000;

async function startApart(topology: Topology): Promise<VipairPair> {
  const secret = await newSecret();
  const pair = new VipairPair(topology, { lb1: secret, lb2: secret });
  const clock = (node: LbName): FalseClocks =>
    new FalseClocks(topology.directory, node, aheadMs[node], bootedEarlierMs[node]);
  clocks = { lb1: clock("lb1"), lb2: clock("lb2") };
  for (const node of nodes) {
    pair.nodes[node].prefix = clocks[node].prefix;
    pair.nodes[node].start();
  }
  await pair.settled();
  return pair;
}

/** Sets a node's clock to so many hours beside what it was at the start, and waits until its peer has noticed. */
async function jump(node: LbName, hours: number): Promise<void> {
  const peer = otherLb(node);
  clocks[node].set(aheadMs[node] + hours * hourMs);
  await knowsPeerAhead(peer, aheadMs[node] + hours * hourMs - aheadMs[peer]);
}

const knowsPeerAhead = (node: LbName, wantedMs: number): Promise<unknown> =>
  until(`${node} says that its peer's clock is ${wantedMs} ms ahead`, 20_000, async () => {
    const { offsetMs } = (await timeline(node)).peer;
    return offsetMs !== undefined && Math.abs(offsetMs - wantedMs) < 60_000;
  });

const hearsPeerEverywhere = (node: LbName): Promise<unknown> =>
  until(`${node} takes its peer's heartbeats on every path`, 20_000, async () => {
    const { heartbeat, refused } = await stage.pair.nodes[node].status();
    if (heartbeat.every(({ up }) => up)) return true;
    throw new Error(`refused: ${JSON.stringify(refused)}`);
  });

/** The last incident, with what each node said of it. */
async function lastFailover(node: LbName, from: LbName) {
  const { events } = await timeline(node);
  const incident = events.findLast(({ kind }) => kind === "incident");
  const role = (of: LbName, to: string): EventReport | undefined =>
    events.findLast((event) => event.kind === "roleChanged" && event.node === of && event.detail.to === to);
  const [lost, taken] = [role(from, "backup"), role(otherLb(from), "active")];
  return incident && lost && taken ? { incident, lost, taken } : undefined;
}

const timeline = (node: LbName): Promise<TimelineReport> =>
  askControl<TimelineReport>(stage.pair.nodes[node].files.socket, "GET", "/timeline");
