import type { EventReport, PathReport, StatusReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { between, bothWays, drop, everythingOf } from "../topology/filter.js";
import { type LbName, otherLb, port } from "../topology/plan.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

/** What a pair makes of paths that break one by one, and of what only one of the nodes reaches. */
let stage: Stage<VipairPair>;
const witness = "198.51.100.101";

beforeAll(async () => {
  stage = await openStage((topology) => VipairPair.start(topology, withWitness));
});
afterAll(() => stage?.topology.close());

test("one-way loss on one path is an alarm at the deaf end, and moves nothing", async () => {
  const { active, standby, takeovers } = await scene();
  const heal = await drop(stage.topology, `${between(active, standby, "eth0")} udp dport 7340`);
  try {
    await hasAlarm(standby, "eth0");
    await until("the active node knows that it is not heard", 10_000, async () => {
      const path = pathOf(await status(active), "eth0");
      return path?.up === true && path.peerHears === false;
    });
    expect((await alarms(active)).filter(({ detail }) => detail.path === "eth0")).toEqual([]);
    expect(await screen(active)).toContain(`! ${standby} does not hear ${active} on eth0\n`);
  } finally {
    await heal();
  }
  await hasRecovered(standby, "eth0");
  await nothingMoved(active, takeovers);
});

test("a loss of 30 % on one path is measured, and moves nothing", async () => {
  const { active, standby, takeovers } = await scene();
  const heal = await drop(
    stage.topology,
    ...bothWays(active, standby, "eth1", "udp dport 7340 numgen random mod 100 < 30"),
  );
  try {
    for (const node of [active, standby]) {
      await until(`${node} sees the loss`, 20_000, async () => (pathOf(await status(node), "eth1")?.loss ?? 0) > 0.02);
    }
    await nothingMoved(active, takeovers);
  } finally {
    await heal();
  }
});

test("a client network that is parted between the nodes is an alarm on both, and moves nothing", async () => {
  const { active, standby, takeovers } = await scene();
  const heal = await drop(stage.topology, ...bothWays(active, standby, "eth0"));
  try {
    for (const node of [active, standby]) await hasAlarm(node, "eth0");
    await nothingMoved(active, takeovers);
  } finally {
    await heal();
  }
  for (const node of [active, standby]) await hasRecovered(node, "eth0");
  await nothingMoved(active, takeovers);
});

test("a sync network that is cut while clients live is an alarm on both, and moves nothing", async () => {
  const { active, standby, takeovers } = await scene();
  const heal = await drop(stage.topology, ...bothWays(active, standby, "eth2"));
  try {
    for (const node of [active, standby]) for (const path of ["sync", "lifeline"]) await hasAlarm(node, path);
    await nothingMoved(active, takeovers);
  } finally {
    await heal();
  }
  for (const node of [active, standby]) for (const path of ["sync", "lifeline"]) await hasRecovered(node, path);
  await nothingMoved(active, takeovers);
});

test("a standby that is cut off from its peer and from the witness stays standby, and says so", async () => {
  const { active, standby, takeovers } = await scene();
  const heal = await drop(stage.topology, ...everythingOf(standby));
  try {
    await until("the standby says that it is alone", 10_000, async () =>
      (await events(standby)).some(({ detail }) => detail.witness === false),
    );
    expect((await status(standby)).role).toBe("backup");
  } finally {
    await heal();
  }
  await nothingMoved(active, takeovers);
});

test("real servers that only the active node does not reach move ownership as planned, and back it does not go", async () => {
  const { active, standby, takeovers } = await scene();
  const heal = await drop(
    stage.topology,
    ...(["rs1", "rs2"] as const).flatMap((server) => [
      `iifname "${port(server, "eth0")}" oifname "${port(active, "eth1")}"`,
      `iifname "${port(active, "eth1")}" oifname "${port(server, "eth0")}"`,
    ]),
  );
  try {
    await until("the standby serves", 60_000, async () => (await status(standby)).role === "active");
    expect(await status(standby)).toMatchObject({ reason: "betterPlaced" });
    await until("both nodes have recorded why", 5_000, async () => {
      const [lost, taken] = [await lastMove(active), await lastMove(standby)];
      return lost?.detail.reason === "betterPlaced" && taken?.detail.reason === "betterPlaced";
    });
    expect((await lastMove(standby))?.detail).toMatchObject({ reach: "everything" });
    expect((await lastMove(standby))?.detail.peerReach).toMatch(/^\d+ % of the servers up$/);
    expect((await lastMove(active))?.detail).toMatchObject({ peerReach: "everything" });
    expect(await screen(standby)).toMatch(
      new RegExp(`✔ ${standby}: everything\\n +✘ ${active}: \\d+ % of the servers up\\n`),
    );
  } finally {
    await heal();
  }
  await until("the servers are reached again", 30_000, async () => (await status(active)).reach?.serversUp === 1_000);
  expect(await stage.pair.settled()).toBe(standby);
  expect(await stage.pair.takeovers()).toBe(takeovers + 1);
});

const withWitness = (secretFile: string): string =>
  vipairConfiguration(secretFile).replace("  track:\n", `  witness: ["${witness}"]\n  track:\n`);

/** A settled pair, and how often ownership had been taken until then. */
async function scene() {
  const active = await stage.pair.settled();
  return { active, standby: otherLb(active), takeovers: await stage.pair.takeovers() };
}

/** What an operator sees. */
const screen = async (node: LbName): Promise<string> => (await stage.pair.nodes[node].cli("status")).stdout;

const status = (node: LbName): Promise<StatusReport> => stage.pair.nodes[node].status();
const events = (node: LbName): Promise<EventReport[]> => stage.pair.nodes[node].events();

const pathOf = ({ heartbeat }: StatusReport, name: string): PathReport | undefined =>
  heartbeat.find(({ path }) => path === name);

/** The newest word on each path that is broken now. */
async function alarms(node: LbName): Promise<EventReport[]> {
  const newest = new Map<unknown, EventReport>();
  for (const event of await events(node)) if (event.kind === "pathChanged") newest.set(event.detail.path, event);
  return [...newest.values()].filter(({ detail }) => detail.up === false);
}

const hasAlarm = (node: LbName, path: string) =>
  until(`${node} tells that ${path} is silent`, 10_000, async () =>
    (await alarms(node)).some(({ detail }) => detail.path === path),
  );

const hasRecovered = (node: LbName, path: string) =>
  until(`${node} tells that ${path} speaks again`, 20_000, async () =>
    (await alarms(node)).every(({ detail }) => detail.path !== path),
  );

async function nothingMoved(active: LbName, takeovers: number): Promise<void> {
  expect(await stage.pair.active()).toBe(active);
  expect(await stage.pair.takeovers()).toBe(takeovers);
}

const lastMove = async (node: LbName): Promise<EventReport | undefined> =>
  (await events(node)).findLast(({ kind }) => kind === "roleChanged");
