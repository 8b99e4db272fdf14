import type { EventReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { type LbName, otherLb } from "../topology/plan.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterAll(() => stage?.topology.close());

const events = async (node: LbName): Promise<EventReport[]> =>
  JSON.parse((await stage.pair.nodes[node].cli("events", "--json")).stdout) as EventReport[];
const incidents = async (node: LbName): Promise<EventReport[]> =>
  (await events(node)).filter(({ kind }) => kind === "incident");
const takeovers = (list: readonly EventReport[], node: LbName): EventReport[] =>
  list.filter((event) => event.node === node && event.kind === "roleChanged" && event.detail.to === "active");

test("both nodes tell one timeline, with what a planned failover left between the owners", async () => {
  const { pair } = stage;
  const from = await pair.settled();
  await pair.planned(from);
  await pair.settled();
  for (const node of ["lb1", "lb2"] as const) {
    const incident = await until(`${node} tells of it`, 10_000, async () => (await incidents(node)).at(-1));
    expect(incident.detail).toMatchObject({ from, to: otherLb(from), reason: "handover", gapMs: expect.any(Number) });
    const { overlapMs, uncertaintyMs } = incident.detail;
    // The new owner begins when it has heard that the old one has ended.
    expect(Number(overlapMs)).toBeLessThanOrEqual(Number(uncertaintyMs) + 0.01);
    const list = await events(node);
    expect(takeovers(list, "lb1")).not.toHaveLength(0);
    expect(takeovers(list, "lb2")).not.toHaveLength(0);
  }
  const { stdout } = await pair.nodes[from].cli("events");
  expect(stdout).toMatch(new RegExp(`└ ${from} → ${otherLb(from)}, term \\d+, planned hand-over: no owner for`));
  const own = await pair.nodes[from].cli("events", "--node", from, "--json");
  expect(new Set((JSON.parse(own.stdout) as EventReport[]).map(({ node }) => node))).toEqual(new Set([from]));
});

test("after a crash the survivor tells what it knows, and the crashed node still has its past", async () => {
  const { pair } = stage;
  const crashed = await pair.settled();
  const survivor = otherLb(crashed);
  const before = takeovers(await events(crashed), crashed).length;
  pair.signal(crashed, "SIGKILL");
  await until("the survivor is active", 20_000, () => pair.isActive(survivor));
  const alone = await until("the survivor asks nobody", 20_000, async () => {
    const { stdout } = await pair.nodes[survivor].cli("events");
    return stdout.includes(`${crashed} is not asked`) ? stdout : undefined;
  });
  expect(alone).toContain("→ active in");
  await pair.restart(crashed);
  await pair.settled();
  expect(takeovers(await events(crashed), crashed).length).toBe(before);
  const last = (await incidents(survivor)).at(-1);
  expect(last?.detail).toMatchObject({ from: crashed, to: survivor });
  const { gapMs, mostGapMs } = last?.detail ?? {};
  expect(Number(gapMs ?? mostGapMs)).toBeGreaterThan(0);
});
