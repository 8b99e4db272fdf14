import type { EventReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { monotonicMs, pause, until } from "../topology/clock.js";
import { betweenLbs, drop } from "../topology/filter.js";
import { type LbName, otherLb, virtualAddress } from "../topology/plan.js";
import { VipairPair } from "../vipair/pair.js";

/** Whether the active node is reachable at its addresses, and alone there. */
let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterAll(() => stage?.topology.close());

test("a takeover is proved by traffic that arrives on every interface", async () => {
  const { pair, topology } = stage;
  const former = await pair.settled();
  const active = otherLb(former);
  const already = (await eventsOf(active, "converged")).length;
  await pair.planned(former);
  const said = await until("the takeover is proved", 15_000, async () => {
    await topology.host("client").run(["curl", "-s", "--max-time", "1", `http://${virtualAddress}/`]);
    return (await eventsOf(active, "converged"))[already];
  });
  expect(said.message).toMatch(/^converged in \d+ ms, \d rounds? of announcements: traffic arrives on eth0, eth1$/);
  expect(said.detail).toMatchObject({ proved: true });
  const { stdout } = await pair.nodes[active].cli("status");
  expect(stdout).toMatch(new RegExp(`^takeover   ✔ ${active} converged in [\\d.]+ m?s, \\d rounds?$`, "m"));
});

test("a third machine with a virtual address is named, and told to be gone when it is", async () => {
  const { pair, topology } = stage;
  const active = await pair.settled();
  const third = topology.host("watch");
  const conflicts = (): Promise<EventReport[]> => eventsOf(active, "addressConflict");
  expect(await conflicts()).toEqual([]);
  const detail = { address: virtualAddress, interface: "eth0", mac: await third.mac("eth0") };
  await third.check(["ip", "addr", "add", `${virtualAddress}/32`, "dev", "eth0"]);
  try {
    const seen = await until("the third machine is seen", 40_000, async () => (await conflicts())[0]);
    expect(seen.detail).toMatchObject({ ...detail, over: false });
    expect(seen.message).toBe(`${detail.mac} answers for ${virtualAddress} on eth0 too`);
    expect((await pair.nodes[active].cli("status")).stdout).toContain(`✘ ${seen.message}\n`);
  } finally {
    await third.check(["ip", "addr", "del", `${virtualAddress}/32`, "dev", "eth0"]);
  }
  const gone = await until("it is gone", 40_000, async () => (await conflicts()).find((event) => event.detail.over));
  expect(gone.detail).toMatchObject(detail);
  expect(await pair.settled()).toBe(active);
});

test("after a partition of everything both tell for how long there were two owners, and traffic moves", async () => {
  const { pair, topology } = stage;
  await pair.settled();
  const nodes = ["lb1", "lb2"] as const;
  const converged = {
    lb1: (await eventsOf("lb1", "converged")).length,
    lb2: (await eventsOf("lb2", "converged")).length,
  };
  // Two nodes that start at once may both wait for the same silence, and meet as owners already then.
  const before = {
    lb1: (await eventsOf("lb1", "conflict")).length,
    lb2: (await eventsOf("lb2", "conflict")).length,
  };
  const apartAt = monotonicMs();
  const heal = await drop(topology, ...betweenLbs);
  let bothAt = Number.POSITIVE_INFINITY;
  let healedAt = 0;
  try {
    await until("both serve", 10_000, async () => (await pair.isActive("lb1")) && (await pair.isActive("lb2")));
    bothAt = monotonicMs();
    await pause(3_000);
  } finally {
    healedAt = monotonicMs();
    await heal();
  }
  const winner = await pair.settled(60_000);
  const oneAt = monotonicMs();
  const told = new Set<unknown>();
  for (const node of nodes) {
    const conflicts = async (): Promise<EventReport[]> => (await eventsOf(node, "conflict")).slice(before[node]);
    const measured = await until(`${node} tells the overlap`, 30_000, async () =>
      (await conflicts()).find(({ detail }) => detail.overlapMs !== undefined),
    );
    expect(measured.message).toMatch(/^there were two owners for \d+\.\d s$/);
    expect(measured.detail.overlapMs).toBeGreaterThan(healedAt - bothAt - 500);
    expect(measured.detail.overlapMs).toBeLessThan(oneAt - apartAt);
    told.add(measured.detail.overlapMs);
    if (node !== winner) expect((await conflicts())[0]?.detail.yields).toBe(true);
  }
  expect(told.size).toBe(1);
  await until(`traffic is seen to arrive at ${winner}`, 30_000, async () => {
    await topology.host("client").run(["curl", "-s", "--max-time", "1", `http://${virtualAddress}/`]);
    return (await eventsOf(winner, "converged")).length > converged[winner];
  });
});

const eventsOf = async (node: LbName, wanted: EventReport["kind"]): Promise<EventReport[]> =>
  (await stage.pair.nodes[node].events()).filter(({ kind }) => kind === wanted);
