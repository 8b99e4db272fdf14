import type { StatusReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { otherLb } from "../topology/plan.js";
import { signalAll } from "../topology/processes.js";
import { newSecret, type VipairNode } from "../vipair/node.js";
import { VipairPair } from "../vipair/pair.js";

/** A node that keeps ending: both daemons run as a service manager runs them. */
let stage: Stage<VipairPair>;
let node: VipairNode;
let peer: VipairNode;

beforeAll(async () => {
  stage = await openStage(async (topology) => {
    const secret = await newSecret();
    const pair = new VipairPair(topology, { lb1: secret, lb2: secret });
    for (const each of [pair.nodes.lb1, pair.nodes.lb2]) each.start("--supervised");
    await pair.settled();
    return pair;
  });
  const first = await stage.pair.settled();
  [node, peer] = [stage.pair.nodes[first], stage.pair.nodes[otherLb(first)]];
});
afterAll(() => stage?.topology.close());

const because = "this node ended uncleanly 3 times within 5m and stays standby until `vipair maintenance off`";
const settles = (who: VipairNode, what: string, is: (status: StatusReport) => boolean): Promise<boolean> =>
  until(`${who.host.name} ${what}`, 20_000, async () => is(await who.status()));

test("one whose agent was killed three times is held back, and says so", async () => {
  for (let end = 0; end < 3; end++) {
    await settles(node, "takes part", ({ role, ready }) => role !== "initialize" && ready);
    const agent = await until("there is an agent", 5_000, () => node.pids[1]);
    signalAll([agent], "SIGKILL");
    await until("the agent is gone", 5_000, () => !node.pids.includes(agent));
  }
  await settles(node, "is held back", ({ missing, role }) => role === "backup" && missing.includes(because));
  await settles(node, "has the least priority", ({ priority }) => priority === 1);
  const said = (await node.events()).map(({ message }) => message);
  expect(said).toContain(because);
  expect((await node.cli("why", "active")).stdout).toContain(because);
  expect((await peer.status()).role).toBe("active");
});

test("it remains so when it is killed and started again, but serves when nobody else does", async () => {
  node.signalAll("SIGKILL");
  await node.running?.exit;
  node.start("--supervised");
  await settles(node, "is held back still", ({ missing, role }) => role === "backup" && missing.includes(because));
  peer.signalAll("SIGKILL");
  await settles(node, "serves", ({ role }) => role === "active");
});

test("it hands over as soon as its peer is ready", async () => {
  await peer.running?.exit;
  peer.start("--supervised");
  await settles(peer, "serves", ({ role, reason }) => role === "active" && reason === "handover");
  await settles(node, "stands by", ({ role }) => role === "backup");
});

test("an operator releases it", async () => {
  expect((await node.cli("maintenance", "off")).code).toBe(0);
  await settles(node, "is ready", ({ missing, ready }) => ready && missing.length === 0);
  expect((await node.status()).tracks?.some(({ track }) => track === "stability")).toBe(false);
  await stage.pair.settled();
});
