import { writeFileSync } from "node:fs";
import type { ServiceReport } from "@vipair/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { causes } from "../failover/cause.js";
import { openStage, type Stage } from "../stage/stage.js";
import { until } from "../topology/clock.js";
import { type LbName, otherLb, virtualAddress, virtualAddress6 } from "../topology/plan.js";
import { vipairConfiguration } from "../vipair/configuration.js";
import { VipairPair } from "../vipair/pair.js";

/** A service that remembers its clients, as YAML; of the same real servers as the others. */
const remembering = (name: string, listen: string, servers: readonly string[], persistence: string): string => `
  ${name}:
    listen: "${listen}"
    persistence: ${persistence}
    health: { type: http, path: /, status: 200 }
    interval: 500ms
    timeout: 500ms
    rise: 1
    fall: 4
    servers:
${servers.map((address, index) => `      rs${index + 1}: { address: "${address}:80" }`).join("\n")}`;

const four = ["10.77.2.11", "10.77.2.12"];
const six = ["[2001:db8:2::11]", "[2001:db8:2::12]"];
const configuration = (secretFile: string): string =>
  vipairConfiguration(secretFile) +
  remembering("sticky", `${virtualAddress}:8080`, four, "{ timeout: 1h }") +
  remembering("sticky6", `[${virtualAddress6}]:8080`, six, "{ prefix: 120, timeout: 1h }") +
  remembering("brief", `${virtualAddress}:8081`, four, "{ timeout: 2s }") +
  remembering("small", `${virtualAddress}:8082`, four, "{ timeout: 1h, clients: 3 }");

const clients = Array.from({ length: 8 }, (_, i) => `198.51.100.${150 + i}`);
/** Two of each prefix of 120 bits. */
const clients6 = ["2001:db8:1::a01", "2001:db8:1::a02", "2001:db8:1::b01", "2001:db8:1::b02"];
let nextClient = 200;

let stage: Stage<VipairPair>;

beforeAll(async () => {
  stage = await openStage((topology) => VipairPair.start(topology, configuration));
  for (const address of clients) await addAddress(`${address}/24`);
  for (const address of clients6) await addAddress(`${address}/64`);
});
afterAll(() => stage?.topology.close());

const addAddress = (address: string): Promise<string> =>
  stage.topology
    .host("client")
    .check(["ip", "addr", "add", address, "dev", "eth0", ...(address.includes(":") ? ["nodad"] : [])]);

/** A client that nobody knows. */
async function stranger(): Promise<string> {
  const address = `198.51.100.${nextClient++}`;
  await addAddress(`${address}/24`);
  return address;
}

/** The name of the server that answers this client. */
async function serverOf(client: string, service = `${virtualAddress}:8080`): Promise<string> {
  const argv = ["curl", "-gsS", "--interface", client, "--max-time", "5", `http://${service}/`];
  return (await stage.topology.host("client").check(argv)).trim();
}

const serversOf = (list: readonly string[], service?: string): Promise<string[]> =>
  Promise.all(list.map((client) => serverOf(client, service)));
const sticky6 = `[${virtualAddress6}]:8080`;

async function report(node: LbName, name = "sticky"): Promise<ServiceReport> {
  const { services } = await stage.pair.nodes[node].status();
  return services.find((service) => service.name === name) as ServiceReport;
}

/** The elements of a service's map in a node's kernel: clients with the numbers of their servers. */
async function remembered(node: LbName, service = "sticky"): Promise<Record<string, string>> {
  const map = await stage.topology.host(node).check(["nft", "list", "map", "inet", "vipair", `clients/${service}`]);
  const elements = map.matchAll(/([\da-f.:]+)(?: timeout \S+)? expires \S+ : (0x[\da-f]+)/g);
  return Object.fromEntries([...elements].map(([, client, server]) => [client, server]));
}

async function carried(active: LbName): Promise<void> {
  await until("the standby's kernel remembers the same clients", 5_000, async () => {
    const [mine, theirs] = await Promise.all([remembered(active), remembered(otherLb(active))]);
    return JSON.stringify(Object.entries(mine).sort()) === JSON.stringify(Object.entries(theirs).sort());
  });
}

/** The clients' servers are these; otherwise what the nodes say happened is part of the failure. */
async function expectServers(list: readonly string[], expected: readonly string[]): Promise<void> {
  const found = await serversOf(list);
  if (found.join() === expected.join()) return;
  const events = await Promise.all(Object.values(stage.pair.nodes).map((node) => node.events().catch(() => [])));
  const story = events.flat().sort((a, b) => a.at.localeCompare(b.at));
  const lines = story.slice(-20).map(({ at, node, message }) => `${at} ${node} ${message}`);
  expect(found, lines.join("\n")).toEqual(expected);
}

const becameActive = (node: LbName): Promise<true> =>
  until(`${node} is active`, 5_000, async () => (await stage.pair.nodes[node].status()).role === "active", 5);

test("clients keep their servers, and the standby's kernel remembers them", async () => {
  const active = await stage.pair.settled();
  const first = await serversOf(clients);
  expect(new Set(first)).toEqual(new Set(["rs1", "rs2"]));
  for (let round = 0; round < 3; round++) await expectServers(clients, first);
  const [a1, a2, b1, b2] = await serversOf(clients6, sticky6);
  expect([a2, b2]).toEqual([a1, b1]);
  await carried(active);
  await until("the clients are protected", 5_000, async () => {
    const { sync } = await stage.pair.nodes[active].status();
    return sync.persistence?.clients === clients.length + 2 && sync.persistence.protected === clients.length + 2;
  });
  await until("both nodes count them", 5_000, async () => {
    const [mine, theirs] = await Promise.all([report(active), report(otherLb(active))]);
    return mine.persistence?.clients === clients.length && theirs.persistence?.clients === clients.length;
  });
  expect((await report(active)).persistence).toEqual({
    prefix: 32,
    timeoutSeconds: 3_600,
    clients: clients.length,
    most: 131_072,
    unkept: 0,
  });
});

test.each(["planned", "killed", "clientLink"] as const)(
  "%s: clients keep their servers, and so does the newest",
  async (name) => {
    const { pair, topology } = stage;
    const from = await pair.settled();
    const list = [...clients, await stranger(), await stranger()];
    const before = await serversOf(list);
    const before6 = await serversOf(clients6, sticky6);
    await causes[name].inject(pair, topology, from);
    await becameActive(otherLb(from));
    await expectServers(list, before);
    expect(await serversOf(clients6, sticky6)).toEqual(before6);
    await causes[name].recover(pair, topology, from);
    expect(await pair.settled()).toBe(otherLb(from));
    await expectServers(list, before);
    await pair.planned(otherLb(from));
    await becameActive(from);
    await expectServers(list, before);
  },
);

test("a standby that restarts in between remembers them all", async () => {
  const { pair } = stage;
  const active = await pair.settled();
  const standby = otherLb(active);
  const list = [...clients, await stranger()];
  const before = await serversOf(list);
  pair.signal(standby, "SIGKILL");
  const late = await stranger();
  const server = await serverOf(late);
  await pair.restart(standby);
  expect(await pair.settled()).toBe(active);
  pair.signal(active, "SIGKILL");
  await becameActive(standby);
  await expectServers([...list, late], [...before, server]);
  await pair.restart(active);
});

test("clients of a lost server get another one, and keep that when the lost one is back, whoever is active", async () => {
  const { pair } = stage;
  const active = await pair.settled();
  const before = await serversOf(clients);
  expect(before).toContain("rs1");
  const state = (wanted: "up" | "down") =>
    until(`rs1 is ${wanted} on both nodes`, 10_000, async () => {
      const reports = await Promise.all([report("lb1"), report("lb2")]);
      return reports.every(({ servers }) => servers.find(({ name }) => name === "rs1")?.health === wanted);
    });
  stage.servers.rs1.signalAll("SIGSTOP");
  try {
    await state("down");
    expect(new Set(await serversOf(clients))).toEqual(new Set(["rs2"]));
  } finally {
    stage.servers.rs1.signalAll("SIGCONT");
  }
  await state("up");
  expect(new Set(await serversOf(clients))).toEqual(new Set(["rs2"]));
  await carried(active);
  pair.signal(active, "SIGKILL");
  await becameActive(otherLb(active));
  expect(new Set(await serversOf(clients))).toEqual(new Set(["rs2"]));
  await pair.restart(active);
});

test("a table that somebody deletes comes back with the clients", async () => {
  const active = await stage.pair.settled();
  const newest = await stranger();
  const before = await serversOf([...clients, newest]);
  await carried(active);
  const known = Object.keys(await remembered(active)).sort();
  expect(known).toContain(newest);
  for (const node of [otherLb(active), active]) {
    await stage.topology.host(node).check(["nft", "delete", "table", "inet", "vipair"]);
    await until(`${node} remembers its clients`, 5_000, async () => {
      expect(Object.keys(await remembered(node)).sort()).toEqual(known);
      return true;
    });
  }
  await expectServers(clients, before.slice(0, clients.length));
});

test("a reload that changes the services keeps the clients", async () => {
  const { pair } = stage;
  await pair.settled();
  const newcomers = await Promise.all(Array.from({ length: 4 }, stranger));
  const before = await serversOf(newcomers);
  const reload = async (change: (text: string) => string): Promise<void> => {
    for (const { files, running } of Object.values(pair.nodes)) {
      writeFileSync(files.config, change(configuration(files.secret)));
      running?.child.kill("SIGHUP");
    }
  };
  const loaded = (there: boolean) =>
    until("both nodes have read the file", 5_000, async () => {
      const reports = await Promise.all([report("lb1", "added"), report("lb2", "added")]);
      return reports.every((service) => (service !== undefined) === there);
    });
  await reload((text) => text + remembering("added", `${virtualAddress}:8083`, four, "{ timeout: 1h }"));
  await loaded(true);
  await expectServers(newcomers, before);
  await reload((text) => text);
  await loaded(false);
  await expectServers(newcomers, before);
  await pair.settled();
});

test("a client is forgotten some time after its last connection", async () => {
  const active = await stage.pair.settled();
  const client = await stranger();
  await serverOf(client, `${virtualAddress}:8081`);
  expect(Object.keys(await remembered(active, "brief"))).toEqual([client]);
  await until("nobody is remembered", 10_000, async () => Object.keys(await remembered(active, "brief")).length === 0);
});

test("a client that finds no room is served all the same, and counted", async () => {
  const active = await stage.pair.settled();
  const names = await serversOf(clients, `${virtualAddress}:8082`);
  expect(names.every((name) => /^rs[12]$/.test(name))).toBe(true);
  expect(Object.keys(await remembered(active, "small"))).toHaveLength(3);
  await until(
    "they are counted",
    5_000,
    async () => (await report(active, "small")).persistence?.unkept === clients.length - 3,
  );
});

test("other services remember nobody", async () => {
  const active = await stage.pair.settled();
  expect(await report(active, "web")).not.toHaveProperty("persistence");
  const table = await stage.topology.host(active).check(["nft", "list", "table", "inet", "vipair"]);
  expect(table).not.toMatch(/(clients|client|kept|unkept)\/(web|echo)/);
});
