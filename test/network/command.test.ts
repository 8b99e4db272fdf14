import type { EventReport, FailoverPlan, FailoverReport, StatusReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { run } from "../topology/command.js";
import { otherLb } from "../topology/plan.js";
import { vipair } from "../vipair/node.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterAll(() => stage?.topology.close());

test("vipair failover hands over and says what it cost", async () => {
  const active = await stage.pair.settled();
  const outcome = await stage.pair.nodes[active].cli("failover", "--json");
  expect(outcome).toMatchObject({ code: 0 });
  const report = JSON.parse(outcome.stdout) as FailoverReport;
  expect(report).toMatchObject({ from: active, to: otherLb(active) });
  expect(await stage.pair.settled()).toBe(otherLb(active));
});

test("vipair failover on the standby is refused or passed on, never silently ignored", async () => {
  const active = await stage.pair.settled();
  const outcome = await stage.pair.nodes[otherLb(active)].cli("failover", "--json");
  if (outcome.code === 1) {
    expect(outcome.stderr).not.toBe("");
    expect(await stage.pair.settled()).toBe(active);
  } else {
    expect(outcome.code).toBe(0);
    expect(await stage.pair.settled()).toBe(otherLb(active));
  }
});

test("maintenance keeps a node from becoming active until it is over", async () => {
  const active = await stage.pair.settled();
  const { cli } = { cli: (...args: string[]) => stage.pair.nodes[active].cli(...args) };
  expect(await cli("maintenance", "on")).toMatchObject({ code: 0 });
  await until("the other node is active", 5_000, async () => (await stage.pair.active()) === otherLb(active));
  const refused = await stage.pair.nodes[otherLb(active)].cli("failover", "--json");
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("maintenance");
  expect(await cli("maintenance", "off")).toMatchObject({ code: 0 });
  expect(await stage.pair.settled()).toBe(otherLb(active));
});

test("a drained server gets no new connections and serves again when enabled", async () => {
  const active = await stage.pair.settled();
  const node = stage.pair.nodes[active];
  const client = stage.topology.host("client");
  const names = async (): Promise<string[]> => {
    const answers = [];
    for (let i = 0; i < 8; i++)
      answers.push(await client.check(["curl", "-sS", "--max-time", "2", "http://198.51.100.10/"]));
    return [...new Set(answers.map((text) => text.trim()))].sort();
  };
  expect(await node.cli("drain", "web/rs1")).toMatchObject({ code: 0 });
  await until("only rs2 serves", 3_000, async () => (await names()).join() === "rs2");
  expect(await node.cli("enable", "web/rs1")).toMatchObject({ code: 0 });
  await until("both serve", 3_000, async () => (await names()).join() === "rs1,rs2");
});

test("status and events are JSON that says who is who", async () => {
  const active = await stage.pair.settled();
  const status = JSON.parse((await stage.pair.nodes[active].cli("status", "--json")).stdout) as StatusReport;
  expect(status).toMatchObject({ node: active, role: "active", peer: { node: otherLb(active), role: "backup" } });
  const { stdout } = await stage.pair.nodes[active].cli("events", "--json");
  const events = (stdout.trim().startsWith("[") ? JSON.parse(stdout) : []) as EventReport[];
  expect(events.some(({ kind }) => kind === "roleChanged")).toBe(true);
});

test("what would happen and why things are as they are is answered on both nodes", async () => {
  const active = await stage.pair.settled();
  for (const name of [active, otherLb(active)]) {
    const node = stage.pair.nodes[name];
    const plan = JSON.parse((await node.cli("failover", "--explain", "--json")).stdout) as FailoverPlan;
    expect(plan).toMatchObject({ possible: true, from: active, to: otherLb(active) });
    expect(plan.expected).toMatchObject({ silenceMs: expect.any(Number), lifelineMs: 5 });
    if (name === active) expect(plan.gates?.filter(({ open }) => !open)).toEqual([]);
    const { stdout: whyActive } = await node.cli("why", "active");
    expect(whyActive).toMatch(new RegExp(`^${active} is active since`));
    expect(whyActive).toContain(`${otherLb(active)} would take over after`);
    expect(whyActive).toContain("does not ask for ownership: preemption is off");
    const { stdout: whyStandby } = await node.cli("why", "standby");
    expect(whyStandby).toMatch(new RegExp(`^${otherLb(active)} is backup since`));
  }
});

test("without a daemon the command exits with 3, with wrong usage 2", async () => {
  expect((await run([vipair, "--socket", "/nonexistent/vipaird.sock", "status"])).code).toBe(3);
  expect((await run([vipair, "--no-such-option"])).code).toBe(2);
});
