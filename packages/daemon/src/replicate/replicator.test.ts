import { type FlowEvents, type Followed, flowSlot, slotKinds, writeFlow } from "@vipair/kernel";
import type { Flow } from "@vipair/model";
import { decodeRecords, encodeRecord, recordLength6 } from "@vipair/sync";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { flowOf } from "../pair/example.fixture.js";
import { FakeMaps } from "./persistence/fake.js";
import { openReplicator, type Replicator } from "./replicator.js";

/** A kernel that holds connections, and a node on it. */
interface Node {
  readonly kernel: Map<string, Flow>;
  tell: (events: FlowEvents) => void;
  readonly replicator: Replicator;
  readonly refused: string[];
  dumps: number;
  follows: Followed;
}

const key = ({ protocol, original }: Flow): string => JSON.stringify([protocol, original]);
const soon = { timeout: 5_000, interval: 10 };
/** Before a dump could make good for an event that was overlooked. */
const beforeDump = { timeout: 1_000, interval: 5 };
let connected: boolean;
let nodes: Node[];

beforeEach(() => {
  connected = false;
  nodes = [openNode(1), openNode(0)];
});
afterEach(() => Promise.all(nodes.map(({ replicator }) => replicator.close())));

function openNode(peer: number): Node {
  const kernel = new Map<string, Flow>();
  const refused: string[] = [];
  const node: Pick<Node, "tell" | "dumps" | "follows"> = { tell: () => undefined, dumps: 0, follows: "everything" };
  const replicator = openReplicator({
    conntrack: {
      async *dumpSlots() {
        node.dumps++;
        yield slotsOf("entry", [...kernel.values()]);
      },
      insertRecords: (records) => {
        const flows = decodeRecords(records);
        if (kernel.has("full")) {
          const refused = flows.map((_flow, index) => index * 64);
          return { inserted: 0, kept: 0, refused, errors: new Map([["ENOMEM", 1]]) };
        }
        for (const flow of flows) kernel.set(key(flow), flow);
        return { inserted: flows.length, kept: 0, refused: [], errors: new Map() };
      },
      removeRecords: (records) => decodeRecords(records).filter((flow) => kernel.delete(key(flow))).length,
    },
    maps: new FakeMaps(),
    ruleset: () => undefined,
    watch: (_selection, listener) => {
      node.tell = listener;
      return {
        follow: (what) => {
          node.follows = what;
        },
        close: async () => undefined,
      };
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
  return Object.assign(node, { kernel, replicator, refused });
}

function slotsOf(kind: keyof typeof slotKinds, flows: readonly Flow[]): ArrayBuffer {
  const slots = new ArrayBuffer(flows.length * flowSlot.size);
  const view = new DataView(slots);
  for (const [index, flow] of flows.entries()) {
    writeFlow(view, index * flowSlot.size, flow);
    view.setUint8(index * flowSlot.size + flowSlot.kind, slotKinds[kind]);
    // Whoever makes an event here is none of the daemons.
    view.setUint32(index * flowSlot.size + flowSlot.originator, kind === "destroy" ? 4_711 : 0);
  }
  return slots;
}

const [active, standby] = [0, 1].map((index) => () => nodes[index] as Node) as [() => Node, () => Node];
const ports = ({ kernel }: Node): number[] => [...kernel.values()].map(({ original }) => original.sourcePort).sort();

function happen(node: Node, kind: "new" | "destroy", ...flows: Flow[]): void {
  for (const flow of flows) {
    if (kind === "new") node.kernel.set(key(flow), flow);
    else node.kernel.delete(key(flow));
  }
  node.tell({ type: "flowsChanged", slots: slotsOf(kind, flows) });
}

function protection(node: Node, port: number): string {
  const record = new DataView(new ArrayBuffer(recordLength6));
  encodeRecord(record, 0, flowOf(port));
  return node.replicator.protection(record, 0);
}

function connect(): void {
  connected = true;
  for (const { replicator } of nodes) replicator.linkOpened();
}

async function pairUp(): Promise<void> {
  active().replicator.roleChanged("active", 1);
  connect();
  await vi.waitFor(() => expect(standby().replicator.missing).toBeUndefined(), soon);
}

it("brings the standby what there was before the link, and what happens on it", async () => {
  happen(active(), "new", flowOf(1), flowOf(2));
  await pairUp();
  expect(ports(standby())).toEqual([1, 2]);
  happen(active(), "new", flowOf(3));
  happen(active(), "destroy", flowOf(1));
  await vi.waitFor(() => expect(ports(standby())).toEqual([2, 3]), beforeDump);
  await vi.waitFor(() => expect(active().replicator.protected).toBe(2), soon);
  expect(active().replicator).toMatchObject({ connections: 2, lagMs: 0, missing: undefined });
  expect(standby().replicator).toMatchObject({ connections: 2, protected: 2 });
});

it("tells what was lost a moment ago together with when that was", async () => {
  happen(active(), "new", flowOf(1));
  await pairUp();
  await vi.waitFor(() => expect(active().replicator.protected).toBe(1), soon);
  happen(standby(), "destroy", flowOf(1));
  const drift = { missing: 1, surplus: 0, different: 0 };
  expect(standby().replicator.report()).toMatchObject({ drift, driftAt: expect.any(String) });
});

it("hears of its own kernel's births only while it is active", async () => {
  await pairUp();
  expect(nodes.map(({ follows }) => follows)).toEqual(["everything", "ends"]);
  active().replicator.roleChanged("backup", 2);
  standby().replicator.roleChanged("active", 2);
  expect(nodes.map(({ follows }) => follows)).toEqual(["ends", "everything"]);
});

it("listens to nothing while nobody is there to be told, and tells whoever comes what happened meanwhile", async () => {
  active().replicator.roleChanged("active", 1);
  expect(active().follows).toBe("nothing");
  await vi.waitFor(() => expect(active().dumps).toBeGreaterThan(0), soon);
  active().kernel.set(key(flowOf(1)), flowOf(1));
  await vi.waitFor(() => expect(active().replicator.connections).toBe(1), soon);
  active().kernel.set(key(flowOf(2)), flowOf(2));
  active().kernel.delete(key(flowOf(1)));
  await pairUp();
  expect(active().follows).toBe("everything");
  expect(ports(standby())).toEqual([2]);
});

it("reads what it does not hear of when somebody asks, and not again within a second", async () => {
  active().replicator.roleChanged("active", 1);
  // As a replica, as a new source, and once more soon after: the last one that nobody asks for.
  await vi.waitFor(() => expect(active().dumps).toBe(3), soon);
  active().kernel.set(key(flowOf(1)), flowOf(1));
  await active().replicator.recount();
  expect([active().dumps, active().replicator.connections]).toEqual([3, 0]);
  await vi.waitFor(async () => {
    await active().replicator.recount();
    expect(active().replicator.connections).toBe(1);
  }, soon);
  expect(active().dumps).toBe(4);
});

it("counts what it hears of without reading anything", async () => {
  await pairUp();
  const before = active().dumps;
  await active().replicator.recount();
  expect(active().dumps).toBe(before);
});

it("leaves out what is not assured", async () => {
  await pairUp();
  happen(active(), "new", { ...flowOf(1), status: 0x188 }, flowOf(2));
  await vi.waitFor(() => expect(ports(standby())).toEqual([2]), soon);
});

it("protects nothing without a link, and says what is missing", async () => {
  expect(standby().replicator.missing).toBe("the peer link is down");
  happen(active(), "new", flowOf(1));
  await pairUp();
  await vi.waitFor(() => expect(active().replicator.protected).toBe(1), soon);
  connected = false;
  for (const { replicator } of nodes) replicator.linkClosed();
  happen(active(), "new", flowOf(2));
  expect(standby().replicator.missing).toBe("the peer link is down");
  expect(active().replicator.connections).toBe(2);
  expect(active().replicator.protected).toBeLessThan(2);
  connect();
  await vi.waitFor(() => expect(ports(standby())).toEqual([1, 2]), soon);
});

it("goes the other way round when the roles change", async () => {
  happen(active(), "new", flowOf(1));
  await pairUp();
  active().replicator.roleChanged("backup", 2);
  standby().replicator.roleChanged("active", 2);
  happen(standby(), "new", flowOf(2));
  await vi.waitFor(() => expect(ports(active())).toEqual([1, 2]), soon);
  happen(standby(), "destroy", flowOf(1));
  await vi.waitFor(() => expect(ports(active())).toEqual([2]), soon);
});

it("leads on when both agents have started anew and count terms from 1", async () => {
  await pairUp();
  standby().replicator.roleChanged("active", 5);
  active().replicator.roleChanged("backup", 5);
  happen(standby(), "new", flowOf(1));
  await vi.waitFor(() => expect(ports(active())).toEqual([1]), soon);
  await active().replicator.close();
  nodes[0] = openNode(1);
  standby().replicator.roleChanged("initialize", 0);
  active().replicator.roleChanged("active", 1);
  connect();
  happen(active(), "new", flowOf(2));
  await vi.waitFor(() => expect(ports(standby())).toContain(2), soon);
  await vi.waitFor(() => expect(standby().replicator.missing).toBeUndefined(), soon);
});

it("reads the kernel anew when events were lost", async () => {
  await pairUp();
  // As a new source, and once more soon after; the next one is half a minute away.
  await vi.waitFor(() => expect(active().dumps).toBe(2), soon);
  active().kernel.set(key(flowOf(7)), flowOf(7));
  active().tell({ type: "overrun", reason: "ENOBUFS" });
  await vi.waitFor(() => expect(ports(standby())).toEqual([7]), soon);
  expect(active().refused).toEqual([]);
});

it("has everything confirmed before a hand-over, also what no event told", async () => {
  await pairUp();
  active().kernel.set(key(flowOf(8)), flowOf(8));
  await active().replicator.flush();
  expect(ports(standby())).toEqual([8]);
  await expect(standby().replicator.flush()).rejects.toThrow("this node is not active");
  connected = false;
  await expect(active().replicator.flush()).rejects.toThrow("the peer link is down");
});

it("tells when the kernel takes no more, and not for each connection", async () => {
  await pairUp();
  standby().kernel.set("full", flowOf(0));
  happen(active(), "new", flowOf(1));
  await vi.waitFor(() => expect(standby().refused).toEqual(["insert of 1 replicated connections: ENOMEM"]), soon);
  happen(active(), "new", flowOf(2), flowOf(3));
  await vi.waitFor(() => expect(standby().replicator.report()).toMatchObject({ refusedInserts: 3 }), soon);
  expect(standby().refused).toHaveLength(1);
});

it("does not call protected what the standby's kernel refused, until it takes it", async () => {
  await pairUp();
  happen(active(), "new", flowOf(1));
  await vi.waitFor(() => expect(active().replicator.protected).toBe(1), soon);
  standby().kernel.set("full", flowOf(0));
  happen(active(), "new", flowOf(2));
  await vi.waitFor(() => expect(active().replicator.report()).toMatchObject({ lost: 1, unacknowledged: 0 }), soon);
  expect(active().replicator).toMatchObject({ connections: 2, protected: 1 });
  expect(protection(active(), 1)).toBe("yes");
  expect(protection(active(), 2)).toBe("no");
  expect(await active().replicator.flush()).toBe(1);
  standby().kernel.delete("full");
  expect(await active().replicator.flush()).toBe(0);
  expect(active().replicator.protected).toBe(2);
  expect(ports(standby())).toEqual([1, 2]);
});

it("brings back at once what somebody removed from the standby's kernel", async () => {
  happen(active(), "new", flowOf(1), flowOf(2));
  await pairUp();
  happen(standby(), "destroy", flowOf(1));
  await vi.waitFor(() => expect(ports(standby())).toEqual([1, 2]), beforeDump);
  await vi.waitFor(() => expect(active().replicator.protected).toBe(2), soon);
  const drift = { missing: 1, surplus: 0, different: 0 };
  await vi.waitFor(() => {
    expect(standby().replicator.report()).toMatchObject({ drift, driftAt: expect.any(String), lost: 1 });
  }, soon);
});

it("lets copies outlive their originals", async () => {
  happen(active(), "new", { ...flowOf(1), timeout: 60 });
  await pairUp();
  expect([...standby().kernel.values()].map(({ timeout }) => timeout)).toEqual([90]);
});

it("finds and repairs in the standby's kernel what no event told, when it is asked to", async () => {
  happen(active(), "new", flowOf(1), flowOf(2));
  await pairUp();
  await vi.waitFor(() => expect(standby().dumps).toBeGreaterThan(0), soon);
  standby().kernel.delete(key(flowOf(1)));
  standby().kernel.set(key(flowOf(9)), flowOf(9));
  await standby().replicator.reread();
  await active().replicator.repair();
  expect(ports(standby())).toEqual([1, 2]);
  await expect(standby().replicator.repair()).rejects.toThrow("this node is not active");
  connected = false;
  await expect(active().replicator.repair()).rejects.toThrow("the peer link is down");
});

it("reports both sides for people", async () => {
  happen(active(), "new", flowOf(1));
  await pairUp();
  await vi.waitFor(() => expect(active().replicator.protected).toBe(1), soon);
  const [source, replica] = [active().replicator.report(), standby().replicator.report()];
  expect(source).toMatchObject({ role: "source", connections: 1, protected: 1, lost: 0, comparisons: 1 });
  expect(replica).toMatchObject({ role: "replica", connections: 1, inStep: true, refusedInserts: 0 });
  for (const { framesSent, framesReceived, bytesSent, bytesReceived } of [source, replica]) {
    expect([framesSent > 0, framesReceived > 0]).toEqual([true, true]);
    expect([bytesSent >= 12 * framesSent, bytesReceived >= 12 * framesReceived]).toEqual([true, true]);
  }
  expect(protection(standby(), 1)).toBe("held");
  expect(protection(standby(), 2)).toBe("no");
});
