import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StatusReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { drop } from "../topology/filter.js";
import { type LbName, otherLb, port } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";
import { askControl } from "../vipair/control.js";
import { newSecret } from "../vipair/node.js";
import { VipairPair } from "../vipair/pair.js";

/** Things beside the nodes themselves that decide who serves: a gateway decisively, a script and a service by weight. */
let stage: Stage<VipairPair>;
const upstream = "198.51.100.101";

beforeAll(async () => {
  stage = await openStage(startTracking);
});
afterAll(() => stage?.topology.close());

test("a gateway that only the active node cannot reach moves ownership, and its return moves nothing", async () => {
  const { pair, topology } = stage;
  const active = await pair.settled();
  const standby = otherLb(active);
  const mac = await topology.host("watch").mac("eth0");
  const heal = await drop(topology, `oifname "${port(active, "eth0")}" ether saddr ${mac}`);
  try {
    await until("the standby serves", 10_000, async () => (await status(standby)).role === "active");
  } finally {
    await heal();
  }
  expect(await status(standby)).toMatchObject({ reason: "resignation" });
  expect(await status(active)).toMatchObject({ reason: "trackFailed" });
  expect(await messages(active)).toContain(
    `gateway ${upstream} failed (no answer on eth0 within 200 ms): this node may not be active`,
  );
  await until("the gateway is reached again", 10_000, async () => trackOf(await status(active), "gateway")?.ok);
  expect(await pair.settled()).toBe(standby);
});

test("a script that fails costs priority, and says so", async () => {
  const { pair, topology } = stage;
  const active = await pair.settled();
  const { priority } = await status(active);
  const flag = join(topology.directory, `fail-${await topology.host(active).mac("eth0")}`);
  writeFileSync(flag, "");
  await until("priority is lost", 10_000, async () => (await status(active)).priority === priority - 30);
  expect(trackOf(await status(active), "script")).toMatchObject({ ok: false, weight: 30, because: "exit status 1" });
  rmSync(flag);
  await until("priority is back", 10_000, async () => (await status(active)).priority === priority);
  const said = (await messages(active)).filter((message) => message.startsWith("script"));
  expect(said).toEqual([
    expect.stringMatching(/ failed \(exit status 1\): priority is \d+$/),
    expect.stringMatching(/ recovered \(exit status 0\): priority is \d+$/),
  ]);
  expect(await pair.active()).toBe(active);
});

test("too few servers of a service cost priority on the node that lacks them", async () => {
  const { pair } = stage;
  const active = await pair.settled();
  const { priority } = await status(active);
  const administer = (admin: string) =>
    askControl(pair.nodes[active].files.socket, "POST", "/servers/web/rs1", { admin });
  await administer("disabled");
  await until("priority is lost", 10_000, async () => (await status(active)).priority === priority - 20);
  const { stdout } = await pair.nodes[active].cli("status");
  expect(stdout).toContain("✘ service web, 1 of 2 servers, at least 2: priority −20");
  await administer("enabled");
  await until("priority is back", 10_000, async () => (await status(active)).priority === priority);
});

/** The script is one for both nodes, as the configuration is: it fails on the node whose MAC address is flagged. */
async function startTracking(topology: Topology): Promise<VipairPair> {
  const secret = await newSecret();
  const pair = new VipairPair(topology, { lb1: secret, lb2: secret });
  const script = join(topology.directory, "check");
  const text = `#!/bin/sh\n! test -e ${topology.directory}/fail-$(cat /sys/class/net/eth0/address)\n`;
  writeFileSync(script, text, { mode: 0o755 });
  const tracks = [
    `    - { gateway: ${upstream}, interval: 200ms, fall: 2 }`,
    `    - { script: ${script}, interval: 500ms, fall: 1, rise: 1, weight: 30 }`,
    "    - { service: web, minimum: 2, weight: 20 }",
  ];
  for (const { files } of [pair.nodes.lb1, pair.nodes.lb2]) {
    const whole = readFileSync(files.config, "utf8");
    writeFileSync(files.config, whole.replace("  track:\n", `  track:\n${tracks.join("\n")}\n`));
  }
  pair.nodes.lb1.start();
  pair.nodes.lb2.start();
  await pair.settled();
  return pair;
}

const status = (node: LbName): Promise<StatusReport> => stage.pair.nodes[node].status();

const trackOf = ({ tracks = [] }: StatusReport, kind: string) => tracks.find(({ track }) => track.startsWith(kind));

const messages = async (node: LbName): Promise<string[]> =>
  (await stage.pair.nodes[node].events()).filter(({ kind }) => kind === "trackChanged").map(({ message }) => message);
