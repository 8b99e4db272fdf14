import type { TuningAdvice, TuningStatusReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import type { Outcome } from "../topology/command.js";
import { otherLb } from "../topology/plan.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

/** The most that the configuration takes; more than tables have. */
const expected = 10_000_000;

let stage: Stage<VipairPair>;

beforeAll(async () => {
  const configuration = (secretFile: string): string =>
    vipairConfiguration(secretFile).replace("rs1: { ", `rs1: { maxConnections: ${expected}, `);
  stage = await openStage((topology) => VipairPair.start(topology, configuration));
});
afterAll(() => stage?.topology.close());

const reportOf = ({ stdout }: Outcome): TuningStatusReport => JSON.parse(stdout) as TuningStatusReport;
const adviceOf = (report: TuningStatusReport, node: string): Record<string, TuningAdvice> =>
  Object.fromEntries(
    (report.nodes.find((one) => one.node === node)?.tuning?.advice ?? []).map((advice) => [advice.setting, advice]),
  );

test("what is set badly is told with the value to set, on both nodes, and nothing is changed", async () => {
  const { pair, topology } = stage;
  const active = await pair.settled();
  const node = pair.nodes[active];
  const setting = "net.netfilter.nf_conntrack_max";
  const most = await topology.host(active).check(["sysctl", "-n", setting]);
  const outcome = await until("both nodes say how they are set", 10_000, async () => {
    const answer = await node.cli("tuning", "--json");
    return reportOf(answer).nodes.every(({ tuning }) => tuning !== undefined) && answer;
  });
  expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining(`${setting} of ${active}`) });
  for (const name of [active, otherLb(active)]) {
    expect(adviceOf(reportOf(outcome), name)[setting]).toMatchObject({
      now: most.trim(),
      because: `the servers may have ${expected} connections (maxConnections)`,
      urgent: true,
    });
  }
  expect(await topology.host(active).check(["sysctl", "-n", setting])).toBe(most);

  const told = (await node.events()).filter(({ kind }) => kind === "tuning");
  expect(told.map(({ detail }) => detail.setting)).toEqual([setting]);
  expect(node.running?.output).toMatch(/"level":"?(40|warn)"?.*"event":"tuning"/);
});

test("what was set since is seen at once", async () => {
  const active = await stage.pair.settled();
  const accounting = "net.netfilter.nf_conntrack_acct";
  const settings = async () => adviceOf(reportOf(await stage.pair.nodes[active].cli("tuning", "--json")), active);
  expect(await settings()).not.toHaveProperty([accounting]);
  await stage.topology.host(active).check(["sysctl", "-qw", `${accounting}=1`]);
  expect((await settings())[accounting]).toMatchObject({ now: "1", advised: "0", urgent: false });
});
