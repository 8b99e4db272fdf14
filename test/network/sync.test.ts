import type { ConnectionReport, SyncStatusReport, VerifyReport } from "@vipair/model";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import type { Host } from "../topology/host.js";
import { type LbName, otherLb, virtualAddress } from "../topology/plan.js";
import { Connections } from "../traffic/connections/connections.js";
import { HttpClient } from "../traffic/http.js";
import { targets } from "../traffic/target.js";
import { VipairPair } from "../vipair/pair.js";

const count = 20;
const plan = { targets: [targets.nat], busy: count / 2, everyMs: 50, idle: count / 2, streams: 0 };

let stage: Stage<VipairPair>;
let active: LbName;
let standby: Host;
let connections: Connections;

beforeAll(async () => {
  stage = await openStage(VipairPair.start);
  active = await stage.pair.settled();
  standby = stage.topology.host(otherLb(active));
  connections = await Connections.open(stage.topology.host("client"), plan);
  await protectedAgain();
});
afterEach(() => stage?.topology.restoreLink(otherLb(active), "eth2"));
afterAll(async () => {
  await connections?.end();
  await stage?.topology.close();
});

test("connections shows each one with its server, and that the standby has it", async () => {
  const ports = await clientPorts();
  const listed = await listOn(active, "--service", "terminal");
  const ours = listed.filter(({ client }) => ports.includes(portOf(client)));
  expect(ours).toHaveLength(count);
  for (const one of ours) {
    expect(one).toMatchObject({
      service: "terminal",
      protocol: "tcp",
      listener: `${virtualAddress}:7`,
      protection: "yes",
    });
    expect(one.server).toBe(one.serverName === "rs1" ? "10.77.2.11:7" : "10.77.2.12:7");
    expect(one.state).toBe("ESTABLISHED");
  }
  const toRs1 = await listOn(active, "--server", "terminal/rs1");
  expect(new Set(toRs1.map(({ serverName }) => serverName))).toEqual(new Set(["rs1"]));
  const held = (await listOn(otherLb(active))).filter(({ client }) => ports.includes(portOf(client)));
  expect(held.map(({ protection }) => protection)).toEqual(new Array(count).fill("held"));
  expect(await listOn(active, "--service", "echo")).toEqual([]);
  const people = await cli(active, "connections", "--limit", "3");
  expect(people.stdout.split("\n")).toHaveLength(1 + 3 + 1 + 1);
});

test("what is removed from the standby's kernel is missed at once, and back long before the next comparison", async () => {
  const before = await replicaDrift();
  const [port = 0] = await clientPorts();
  await standby.check(["conntrack", "-D", "-p", "tcp", "--orig-port-src", String(port)]);
  await until("the connection is back", 3_000, async () => (await portsIn(standby)).includes(port));
  await protectedAgain();
  await until("the drift is told", 3_000, async () => (await replicaDrift()) === before + 1);
  expect((await cli(active, "sync")).stdout).toContain("1 missing, 0 surplus, 0 different, last");
  expect((await cli(active, "status")).stdout).toContain(
    "! 1 missing, 0 surplus, 0 different on the standby, repaired",
  );
});

test("a standby whose table is emptied gets everything again", async () => {
  await standby.check(["conntrack", "-F"]);
  await until("all connections are back", 3_000, async () => {
    const [there, wanted] = await Promise.all([portsIn(standby), clientPorts()]);
    return wanted.every((port) => there.includes(port));
  });
  await protectedAgain();
  expect(await verifyOn(active)).toMatchObject({ clean: true, remaining: { missing: 0 } });
});

test("verify finds and repairs what no event tells, from either node", async () => {
  const { mark, port } = await anyEntry();
  for (const [index, node] of [active, otherLb(active)].entries()) {
    const client = `198.51.100.${200 + index}`;
    const tuple = ["-p", "tcp", "-s", client, "-d", virtualAddress, "--sport", String(port), "--dport", "7"];
    const state = ["--state", "ESTABLISHED", "-u", "SEEN_REPLY,ASSURED", "-t", "300", "--mark", String(mark)];
    await standby.check(["conntrack", "-I", ...tuple, ...state]);
    const only = await verifyOn(node, "--no-repair");
    expect(only).toMatchObject({ clean: false, found: { missing: 0, surplus: 1, different: 0 }, repaired: 0 });
    expect(only.examples).toEqual([expect.stringMatching(`^tcp ${client}:${port} .* is on ${otherLb(active)} alone$`)]);
    const repaired = await verifyOn(node);
    expect(repaired).toMatchObject({ clean: true, found: { surplus: 1 }, remaining: { surplus: 0 }, repaired: 1 });
    expect(await verifyOn(node)).toMatchObject({ clean: true, repaired: 0 });
  }
});

test("verify raises no false alarm under traffic", async () => {
  const http = new HttpClient(stage.topology.host("client"), `http://${virtualAddress}/`);
  try {
    for (let round = 0; round < 3; round++) {
      const outcome = await cli(active, "sync", "verify", "--no-repair", "--json");
      expect(JSON.parse(outcome.stdout)).toMatchObject({ clean: true, examples: [] });
      expect(outcome.code).toBe(0);
    }
  } finally {
    await http.end();
  }
});

test("verify is refused when the link is cut", async () => {
  await stage.topology.cutLink(otherLb(active), "eth2");
  await until("the link is down", 10_000, async () => !(await stage.pair.nodes[active].status()).sync.connected);
  for (const node of [active, otherLb(active)]) {
    const outcome = await cli(node, "sync", "verify");
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain("the peer link is down");
  }
});

const cli = (node: LbName, ...args: string[]) => stage.pair.nodes[node].cli(...args);

async function listOn(node: LbName, ...args: string[]): Promise<ConnectionReport[]> {
  const outcome = await cli(node, "connections", "--json", ...args);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  return JSON.parse(outcome.stdout) as ConnectionReport[];
}

async function verifyOn(node: LbName, ...args: string[]): Promise<VerifyReport> {
  const outcome = await cli(node, "sync", "verify", "--json", ...args);
  const report = JSON.parse(outcome.stdout) as VerifyReport;
  expect([outcome.code, outcome.stdout]).toEqual([report.clean ? 0 : 1, outcome.stdout]);
  return report;
}

async function replicaDrift(): Promise<number> {
  const { nodes } = JSON.parse((await cli(active, "sync", "status", "--json")).stdout) as SyncStatusReport;
  const replica = nodes.find(({ replication }) => replication?.role === "replica")?.replication;
  if (replica?.role !== "replica") throw new Error("the standby has not said anything");
  return replica.drift.missing + replica.drift.surplus + replica.drift.different;
}

const protectedAgain = (): Promise<true> =>
  until("every connection is protected", 10_000, async () => {
    const { sync } = await stage.pair.nodes[active].status();
    return sync.connections >= count && sync.protected === sync.connections && sync.lost === 0;
  });

const clientPorts = async (): Promise<readonly number[]> => (await connections.report()).ports;

async function portsIn(host: Host): Promise<number[]> {
  const text = await host.check(["conntrack", "-L", "-p", "tcp", "-d", virtualAddress]);
  return [...text.matchAll(new RegExp(`dst=${virtualAddress} sport=(\\d+)`, "g"))].map(([, port]) => Number(port));
}

/** The client's port and the mark of one of the connections. */
async function anyEntry(): Promise<{ port: number; mark: number }> {
  const [port = 0] = await clientPorts();
  const text = await standby.check(["conntrack", "-L", "-p", "tcp", "--orig-port-src", String(port)]);
  return { port, mark: Number(/mark=(\d+)/.exec(text)?.[1]) };
}

const portOf = (endpoint: string): number => Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));
