import { afterAll, beforeAll, expect, test } from "vitest";
import { ArpWatch } from "../arp/watch.js";
import { openStage, type Stage } from "../stage/stage.js";
import { monotonicMs, until } from "../topology/clock.js";
import { type LbName, otherLb, virtualAddress } from "../topology/plan.js";
import { Connections } from "../traffic/connections/connections.js";
import { targets } from "../traffic/target.js";
import { vrrpConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

const count = 20;
const plan = { targets: [targets.nat], busy: count / 2, everyMs: 50, idle: count / 2, streams: 0 };
const services = `services:
  terminal:
    listen: ${virtualAddress}:7
    health: { type: tcp, port: 80 }
    interval: 500ms
    timeout: 400ms
    rise: 1
    fall: 2
    servers:
      rs1: { address: 10.77.2.11:7 }
      rs2: { address: 10.77.2.12:7 }
`;

/** Two nodes of this product, with the checksum as RFC 9568 has it, which both accept. */
const configuration = vrrpConfiguration({ families: [4, 6], priorities: [200, 100], checksum: "message", services });
let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage((topology) => VipairPair.start(topology, configuration));
});
afterAll(() => stage?.topology.close());

/** Ownership moves by `cause`, and every connection lives on; nobody else answers meanwhile. */
async function expectSurvival(cause: (from: LbName) => Promise<unknown>): Promise<LbName> {
  const { pair, topology } = stage;
  const from = await pair.settled();
  const connections = await Connections.open(topology.host("client"), plan);
  const start = monotonicMs();
  const arp = await ArpWatch.open(topology);
  try {
    await pair.protects(from, count);
    const caused = monotonicMs();
    await cause(from);
    await until(`${otherLb(from)} is active`, 5_000, async () => {
      return (await pair.nodes[otherLb(from)].status()).role === "active";
    });
    expect(await connections.prove()).toMatchObject({ alive: count, broken: [] });
    await until(`${otherLb(from)} answers`, 1_000, () => arp.firstReply(otherLb(from), caused) !== undefined);
    expect(await arp.report(start, monotonicMs())).toMatchObject({ overlap: false, moves: 1 });
  } finally {
    await Promise.all([connections.end(), arp.end()]);
  }
  return from;
}

test("a planned failover carries the connections, and says so", async () => {
  const from = await expectSurvival((active) => stage.pair.planned(active));
  expect(stage.pair.handovers.at(-1)).toMatchObject({ from, to: otherLb(from) });
  const { reason, peer } = await stage.pair.nodes[otherLb(from)].status();
  expect({ reason, peer }).toMatchObject({
    reason: "resignation",
    peer: { reachable: true, role: "backup", ready: true },
  });
});

test("a killed node's connections live on, and both nodes are a pair again when it is back", async () => {
  const from = await expectSurvival(async (active) => stage.pair.signal(active, "SIGKILL"));
  expect((await stage.pair.nodes[otherLb(from)].status()).reason).toBe("silence");
  await stage.pair.restart(from);
  expect(await stage.pair.settled()).toBe(otherLb(from));
});

test("a stopped node is silent before its peer speaks, and finds its lease gone", async () => {
  const from = await expectSurvival(async (active) => stage.pair.signal(active, "SIGSTOP"));
  stage.pair.signal(from, "SIGCONT");
  await until(`${from} is backup`, 5_000, async () => (await stage.pair.nodes[from].status()).role === "backup");
  expect(await stage.pair.settled()).toBe(otherLb(from));
});
