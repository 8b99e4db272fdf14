import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { pause, until } from "../topology/clock.js";
import { otherLb } from "../topology/plan.js";
import { Topology } from "../topology/topology.js";
import { program } from "../traffic/instrument.js";
import { newSecret, type VipairNode } from "../vipair/node.js";
import { VipairPair } from "../vipair/pair.js";

const refusedBy = async (node: VipairNode, reason: string): Promise<number> =>
  (await node.status()).refused?.[reason] ?? 0;

describe("heartbeats that were recorded and sent again", () => {
  let stage: Stage<VipairPair>;
  beforeAll(async () => {
    stage = await openStage(VipairPair.start);
  });
  afterAll(() => stage?.topology.close());

  test("change no role and are counted", async () => {
    const { topology, pair } = stage;
    const first = await pair.settled();
    const file = join(topology.directory, "heartbeats.pcap");
    const filter = "udp and dst host 224.0.0.18";
    await topology.switch.run(["tcpdump", "-i", "client", "-n", "-U", "-Z", "root", "-c", "20", "-w", file, filter]);
    // Recorded under one owner, they are sent again under the other: they claim what is no longer so.
    await pair.planned(first);
    const active = otherLb(first);
    expect(await pair.settled()).toBe(active);
    const before = await refusedBy(pair.nodes[active], "replayed");
    const replay = [process.execPath, program("packet/replay-program"), "eth0", file, "20"];
    const sent = Number(await topology.host("watch").check(replay, { timeoutMs: 30_000 }));
    expect(sent).toBe(20);
    await until(
      "the replays are counted",
      5_000,
      async () => (await refusedBy(pair.nodes[active], "replayed")) > before,
    );
    expect(await pair.settled()).toBe(active);
    expect((await pair.nodes[active].events()).filter(({ kind }) => kind === "conflict")).toEqual([]);
  });
});

describe("two nodes with different secrets", () => {
  let topology: Topology;
  let pair: VipairPair;
  beforeAll(async () => {
    topology = await Topology.open();
    pair = new VipairPair(topology, { lb1: await newSecret(), lb2: await newSecret() });
    pair.nodes.lb1.start();
    pair.nodes.lb2.start();
  });
  afterAll(() => topology?.close());

  test("never hear each other: unreachable in the status, and counted", async () => {
    for (const node of [pair.nodes.lb1, pair.nodes.lb2]) {
      await until("refused heartbeats are counted", 10_000, async () => (await refusedBy(node, "wrongMac")) > 10);
      expect((await node.status()).peer.reachable).toBe(false);
    }
    await pause(500);
    for (const node of [pair.nodes.lb1, pair.nodes.lb2]) {
      const status = await node.status();
      expect(status.peer).toMatchObject({ reachable: false, ready: false });
      expect(status.sync.connected).toBe(false);
    }
  });
});
