import type { EventReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { pause, until } from "../topology/clock.js";
import { type LbName, otherLb } from "../topology/plan.js";
import { VipairPair } from "../vipair/pair.js";

/** Nodes that do not run for a while, and what is said of it. */
let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
});
afterAll(() => stage?.topology.close());

test("a node that was stopped says so, and its peer that this was the silence by which it took over", async () => {
  const { pair } = stage;
  const frozen = await pair.settled();
  const survivor = otherLb(frozen);
  pair.signal(frozen, "SIGSTOP");
  try {
    await until(`${survivor} serves`, 10_000, () => pair.isActive(survivor));
    await pause(2_500);
  } finally {
    pair.signal(frozen, "SIGCONT");
  }
  const phrase = new RegExp(`^${frozen} was frozen for [2-9]\\.\\d s \\((stopped|starved)`);
  const own = await until("the frozen node says so", 15_000, () => freezeOf(frozen, frozen));
  expect(own.message).toMatch(phrase);
  const seen = await until("its peer says so", 15_000, () => freezeOf(survivor, frozen));
  expect(seen.message).toMatch(phrase);
  const takeover = (await pair.nodes[survivor].events()).findLast(({ detail }) => detail.to === "active");
  expect(takeover?.detail).toMatchObject({ reason: "silence" });
  expect(seen.detail).toMatchObject({ silenceAt: takeover?.at });
  const why = await pair.nodes[survivor].cli("why", "active");
  expect(why.stdout).toMatch(new RegExp(`That is because ${frozen} was frozen for `));
  const { stdout } = await pair.nodes[survivor].cli("status");
  expect(stdout).toMatch(new RegExp(`the peer fell silent \\(${frozen} was frozen for `));
  expect(await pair.settled()).toBe(survivor);
});

/** The freeze of `who` as `node` recorded it. */
async function freezeOf(node: LbName, who: LbName): Promise<EventReport | undefined> {
  const events = await stage.pair.nodes[node].events();
  return events.find(
    ({ kind, detail }) => kind === "frozen" && detail.frozen === who && Number(detail.lastedMs) > 2_000,
  );
}
