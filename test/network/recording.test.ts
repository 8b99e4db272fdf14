import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { type Outcome, run } from "../topology/command.js";
import { type LbName, otherLb } from "../topology/plan.js";
import { replayProgram } from "../vipair/node.js";
import { VipairPair } from "../vipair/pair.js";

let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterAll(() => stage?.topology.close());

const replay = (...files: string[]): Promise<Outcome> => run(["node", replayProgram, ...files], { timeoutMs: 60_000 });
const fileOf = (node: LbName, machine: "agent" | "balance"): string =>
  join(stage.pair.nodes[node].recordings, `${machine}.jsonl`);
const changes = (node: LbName): string[] =>
  readFileSync(fileOf(node, "agent"), "utf8").match(/"from":"\w+","to":"\w+"/g) ?? [];

test("what the machines did in a failover and a crash is on disk, and they do the same again", async () => {
  const { pair } = stage;
  const first = await pair.settled();
  await pair.planned(first);
  const second = await pair.settled();
  pair.signal(second, "SIGKILL");
  await until("the other node is active", 20_000, () => pair.isActive(otherLb(second)));
  await pair.restart(second);
  await pair.settled();
  await until("the changes of role are on disk", 20_000, () => {
    return changes(first).length >= 4 && changes(second).length >= 3;
  });
  const files = (["lb1", "lb2"] as const).flatMap((node) => [fileOf(node, "agent"), fileOf(node, "balance")]);
  const outcome = await replay(...files);
  expect(outcome, outcome.stdout).toMatchObject({ code: 0 });
  const events = [...outcome.stdout.matchAll(/: (\d+) events, (\d+) effects, all the same/g)];
  expect(events).toHaveLength(4);
  for (const [, count] of events) expect(Number(count)).toBeGreaterThan(20);
});

test("what somebody changed in a recording is noticed", async () => {
  const original = readFileSync(fileOf("lb1", "agent"), "utf8");
  const changed = join(stage.topology.directory, "changed.jsonl");
  const at = original.indexOf('"to":"active"');
  writeFileSync(changed, `${original.slice(0, at)}"to":"backup"${original.slice(at + 13)}`);
  const outcome = await replay(changed);
  expect(outcome.code).toBe(1);
  expect(outcome.stdout).toContain("the machine asks for other effects");
  expect(outcome.stdout).toMatch(/recorded {2}.*"to":"backup"/);
  expect(outcome.stdout).toMatch(/replayed {2}.*"to":"active"/);
});
