import { type PersistentRules, type Ruleset, serverNumbers } from "@vipair/balancer";
import { elementSlot, type FlowEvents, flowSlot, slotKinds, writeFlow } from "@vipair/kernel";
import { type Endpoint, type Flow, millisOf, parseEndpoint } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openReplicator, type Replicator } from "../replicator.js";
import { FakeMaps } from "./fake.js";

const endpoint = (text: string): Endpoint => {
  const parsed = parseEndpoint(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const web: PersistentRules = {
  kind: "balanced",
  name: "web",
  listen: endpoint("198.51.100.10:80"),
  mode: "nat",
  scheduler: "roundRobin",
  persistence: { prefix: 24, timeout: millisOf(3_600_000), clients: 1_000 },
  mark: 0x5650_0001,
  servers: ["10.0.0.1:80", "10.0.0.2:80"].map((address, i) => ({ name: `s${i + 1}`, address: endpoint(address) })),
  eligible: [],
  sorry: undefined,
};
const six: PersistentRules = {
  ...web,
  name: "six",
  mark: 0x5650_0006,
  listen: endpoint("[2001:db8::10]:53/udp"),
  persistence: { ...web.persistence, prefix: 56 },
  servers: [{ name: "a", address: endpoint("[fd00::1]:53/udp") }],
};
const number = (server: string, { servers }: PersistentRules = web): number => serverNumbers(servers).get(server) ?? 0;

const rulesetOf = (...services: PersistentRules[]): Ruleset => ({ services, strays: "drop" });

interface Node {
  readonly maps: FakeMaps;
  ruleset: Ruleset;
  tell: (events: FlowEvents) => void;
  readonly replicator: Replicator;
  readonly refused: string[];
}

const soon = { timeout: 5_000, interval: 10 };
/** Before a dump could make good for an event that was overlooked. */
const beforeDump = { timeout: 1_000, interval: 5 };
let connected: boolean;
let nodes: [active: Node, standby: Node];

beforeEach(() => {
  connected = false;
  nodes = [openNode(1), openNode(0)];
});
afterEach(() => Promise.all(nodes.map(({ replicator }) => replicator.close())));

function openNode(peer: number): Node {
  const refused: string[] = [];
  const node: Pick<Node, "tell" | "ruleset" | "maps"> = {
    tell: () => undefined,
    ruleset: rulesetOf(web, six),
    maps: new FakeMaps(),
  };
  const replicator = openReplicator({
    conntrack: {
      async *dumpSlots() {},
      insertRecords: () => ({ inserted: 0, kept: 0, refused: [], errors: new Map() }),
      removeRecords: () => 0,
    },
    maps: node.maps,
    ruleset: () => node.ruleset,
    watch: (_selection, listener) => {
      node.tell = listener;
      return { follow: () => undefined, close: async () => undefined };
    },
    link: () => ({
      get connected() {
        return connected;
      },
      backlog: 0,
      sendFrame: (frame) => {
        if (connected) queueMicrotask(() => nodes[peer]?.replicator.frameReceived(frame));
      },
    }),
    refused: (error) => refused.push(error),
  });
  return Object.assign(node, { replicator, refused });
}

function connect(): void {
  connected = true;
  for (const { replicator } of nodes) replicator.linkOpened();
}

async function pairUp(): Promise<void> {
  nodes[0].replicator.roleChanged("active", 1);
  connect();
  await vi.waitFor(() => expect(nodes[1].replicator.missing).toBeUndefined(), soon);
}

/** What the packet path does. */
function remember({ maps }: Node, client: string, value: number, expires = 3_600_000): void {
  const slot = new Uint8Array(elementSlot.size);
  slot.set(client.split(".").map(Number));
  new DataView(slot.buffer).setUint32(elementSlot.value, value);
  new DataView(slot.buffer).setUint32(elementSlot.expires, expires);
  maps.put({ table: { family: "inet", table: "vipair" }, map: "clients/web", keyLength: 4 }, slot);
}

function flow(client: string, server: string, { listen, mark }: PersistentRules = web): Flow {
  const [from, to] = [endpoint(client), endpoint(server)];
  const tuple = (a: Endpoint, b: Endpoint) => ({
    source: a.address,
    sourcePort: a.port,
    destination: b.address,
    destinationPort: b.port,
  });
  const protocol = listen.protocol === "tcp" ? 6 : 17;
  const tcp = { state: 3, scaleOriginal: 7, scaleReply: 7, flagsOriginal: 0, flagsReply: 0 };
  return {
    protocol,
    original: tuple(from, listen),
    reply: tuple(to, from),
    status: 0x18e,
    timeout: 300,
    mark,
    tcp: protocol === 6 ? tcp : undefined,
  };
}

function happen(node: Node, flows: readonly Flow[], kind: keyof typeof slotKinds = "update"): void {
  const slots = new ArrayBuffer(flows.length * flowSlot.size);
  const view = new DataView(slots);
  for (const [index, one] of flows.entries()) {
    writeFlow(view, index * flowSlot.size, one);
    view.setUint8(index * flowSlot.size + flowSlot.kind, slotKinds[kind]);
  }
  node.tell({ type: "flowsChanged", slots });
}

const clients = ({ maps }: Node, map = "clients/web") => maps.shown(map).map(([key, value]) => [key, value]);

it("brings the standby what the map holds, with time to outlive it", async () => {
  const [active, standby] = nodes;
  remember(active, "192.0.2.0", number("s1"), 1_800_000);
  await pairUp();
  expect(clients(standby)).toEqual([["192.0.2.0", number("s1")]]);
  expect(standby.maps.shown("clients/web")[0]?.[2]).toBeGreaterThan(1_800_000);
  expect(standby.maps.shown("clients/web")[0]?.[2]).toBeLessThan(2 * 1_800_000);
  await vi.waitFor(() => expect(active.replicator.persistence).toMatchObject({ clients: 1, protected: 1 }), soon);
  expect(active.replicator.persistence.clientsOf(web.mark)).toBe(1);
  expect(active.replicator.persistence.clientsOf(six.mark)).toBe(0);
});

it("tells the standby of a client whose connection was just established, TCP and UDP", async () => {
  const [active, standby] = nodes;
  await pairUp();
  happen(active, [flow("192.0.2.7:4000", "10.0.0.2:80"), flow("[2001:db8:1:2::7]:4000", "[fd00::1]:53/udp", six)]);
  await vi.waitFor(() => expect(clients(standby)).toEqual([["192.0.2.0", number("s2")]]), beforeDump);
  expect(clients(standby, "clients/six")).toEqual([["20010db8000100000000000000000000", number("a", six)]]);
});

it("tells nothing of other events", async () => {
  const [active, standby] = nodes;
  await pairUp();
  const one = flow("192.0.2.7:4000", "10.0.0.2:80");
  happen(active, [one], "new");
  happen(active, [one], "destroy");
  happen(active, [
    { ...one, tcp: { ...one.tcp, state: 4 } as Flow["tcp"] },
    { ...one, status: 0x188 },
    { ...one, mark: 0x5650_0099 },
    flow("192.0.2.7:4000", "10.0.0.9:80"),
    { ...flow("[2001:db8::7]:4000", "[fd00::1]:53/udp", six), status: 0x188 },
  ]);
  happen(active, [flow("203.0.113.1:4000", "10.0.0.1:80")]);
  await vi.waitFor(() => expect(clients(standby)).toEqual([["203.0.113.0", number("s1")]]), beforeDump);
  expect(clients(standby, "clients/six")).toEqual([]);
});

it("follows a client that was given another server", async () => {
  const [active, standby] = nodes;
  await pairUp();
  happen(active, [flow("192.0.2.7:4000", "10.0.0.2:80")]);
  await vi.waitFor(() => expect(clients(standby)).toEqual([["192.0.2.0", number("s2")]]), beforeDump);
  happen(active, [flow("192.0.2.7:4001", "10.0.0.1:80")]);
  await vi.waitFor(() => expect(clients(standby)).toEqual([["192.0.2.0", number("s1")]]), beforeDump);
});

it("asks again for what a dump overlooked, and forgets what is gone", async () => {
  const [active, standby] = nodes;
  remember(active, "192.0.2.0", number("s1"));
  remember(active, "192.0.3.0", number("s1"));
  await pairUp();
  active.maps.overlooked.add("192.0.2.0");
  active.maps.maps.get("clients/web")?.delete("192.0.3.0");
  await active.replicator.flush();
  expect(clients(standby)).toEqual([["192.0.2.0", number("s1")]]);
});

it("has everything confirmed before a hand-over, and goes the other way round after it", async () => {
  const [active, standby] = nodes;
  await pairUp();
  remember(active, "192.0.2.0", number("s1"));
  await active.replicator.flush();
  expect(clients(standby)).toEqual([["192.0.2.0", number("s1")]]);
  active.replicator.roleChanged("backup", 2);
  standby.replicator.roleChanged("active", 2);
  remember(standby, "203.0.113.0", number("s1"));
  happen(standby, [flow("203.0.113.1:4000", "10.0.0.1:80")]);
  await vi.waitFor(() => expect(clients(active)).toHaveLength(2), soon);
  await vi.waitFor(() => expect(active.replicator.missing).toBeUndefined(), soon);
});

it("renews the copies after a change of roles: nobody knows how much time they have", async () => {
  const [active, standby] = nodes;
  remember(active, "192.0.2.0", number("s1"), 5_000);
  await pairUp();
  active.replicator.roleChanged("backup", 2);
  standby.replicator.roleChanged("active", 2);
  remember(standby, "192.0.2.0", number("s1"));
  await vi.waitFor(() => expect(active.maps.shown("clients/web")[0]?.[2]).toBeGreaterThan(3_000_000), soon);
});

it("puts back what the kernel lost, and nothing that is there", async () => {
  const [active, standby] = nodes;
  remember(active, "192.0.2.0", number("s1"));
  remember(active, "192.0.3.0", number("s1"));
  await pairUp();
  for (const { maps } of nodes) maps.maps.clear();
  remember(active, "192.0.3.0", number("s2"));
  await Promise.all(nodes.map(({ replicator }) => replicator.persistence.putBack()));
  expect(clients(active)).toEqual([
    ["192.0.2.0", number("s1")],
    ["192.0.3.0", number("s2")],
  ]);
  expect(clients(standby)).toEqual([
    ["192.0.2.0", number("s1")],
    ["192.0.3.0", number("s1")],
  ]);
  await active.replicator.flush();
  expect(clients(standby)).toEqual(clients(active));
});

it("drops clients of a server that is not there any more, and of another prefix", async () => {
  const [active, standby] = nodes;
  remember(active, "192.0.2.0", number("s1"));
  remember(active, "192.0.3.0", number("s2"));
  await pairUp();
  for (const node of nodes) node.ruleset = rulesetOf({ ...web, servers: web.servers.slice(1) });
  await active.replicator.flush();
  expect(active.replicator.persistence.clients).toBe(1);
  const narrow = { ...web, persistence: { ...web.persistence, prefix: 32 } };
  for (const node of nodes) {
    node.ruleset = rulesetOf(narrow);
    node.maps.maps.clear();
  }
  await active.replicator.persistence.putBack();
  expect(clients(active)).toEqual([]);
  await active.replicator.flush();
  expect([active, standby].map(({ replicator }) => replicator.persistence.clients)).toEqual([0, 0]);
});

it("leaves out clients of another family than the listener has by now", async () => {
  const [active, standby] = nodes;
  await pairUp();
  standby.ruleset = rulesetOf({ ...six, mark: web.mark, name: "web" });
  happen(active, [flow("192.0.2.7:4000", "10.0.0.1:80")]);
  happen(standby, [flow("192.0.2.7:4000", "10.0.0.1:80")]);
  await vi.waitFor(() => expect(active.replicator.persistence).toMatchObject({ clients: 1, protected: 0 }), soon);
  expect(clients(standby)).toEqual([]);
});

it("tells a full map once, and counts nobody as protected that is not in it", async () => {
  const [active, standby] = nodes;
  await pairUp();
  standby.maps.most = 1;
  happen(active, [flow("192.0.2.7:4000", "10.0.0.1:80"), flow("192.0.3.7:4000", "10.0.0.1:80")]);
  await vi.waitFor(() => expect(standby.refused).toEqual(["insert of 1 persistence entries: ENFILE"]), soon);
  happen(active, [flow("192.0.4.7:4000", "10.0.0.1:80")]);
  await vi.waitFor(() => expect(active.replicator.persistence).toMatchObject({ clients: 3, protected: 1 }), soon);
  expect(standby.replicator.persistence.clients).toBe(1);
  expect(standby.refused).toHaveLength(1);
});

it("counts frames of a stream that it does not know", async () => {
  const [active, standby] = nodes;
  await pairUp();
  standby.replicator.frameReceived(Uint8Array.of(1, 0x71, ...Array(30).fill(0)));
  standby.replicator.frameReceived(Uint8Array.of(1, 0x11, 0));
  expect(standby.replicator.strangeFrames).toBe(1);
  happen(active, [flow("192.0.2.7:4000", "10.0.0.1:80")]);
  await vi.waitFor(() => expect(clients(standby)).toHaveLength(1), beforeDump);
});
