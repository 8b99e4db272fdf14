import { flowSlot, readFlow, type Selection, writeFlow } from "@vipair/kernel";
import { type Flow, flowMark, flowMarkMask, parseEndpoint } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Connections, openConnections } from "./connections.js";

const endpoint = (text: string) => {
  const parsed = parseEndpoint(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
let client = 1_024;
function flow(service: number, server: string, protocol = 6): Flow {
  const [listen, real] = [endpoint("198.51.100.10:443"), endpoint(server)];
  const source = endpoint(`192.0.2.7:${client++}`);
  const tuple = (from: typeof source, to: typeof source) => ({
    source: from.address,
    destination: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
  });
  const mark = (flowMark | service) >>> 0;
  return {
    protocol,
    original: tuple(source, listen),
    reply: tuple(real, source),
    status: 0,
    timeout: 9,
    mark,
    tcp: undefined,
  };
}

/** A kernel's table with what was asked of it. */
function fake(flows: Flow[]) {
  const kernel = {
    flows,
    dumps: [] as Selection[],
    refuse: false,
    async *dumpSlots(selection: Selection): AsyncGenerator<ArrayBuffer, void, void> {
      kernel.dumps.push(selection);
      if (kernel.refuse) throw Object.assign(new Error("dump: ENOBUFS"), { name: "KernelError" });
      yield slotsOf(kernel.flows.filter(({ mark }) => (mark & selection.mask) >>> 0 === selection.mark));
    },
    removeSlots: (slots: ArrayBuffer | Uint8Array): number => {
      const bytes = new Uint8Array(slots);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const gone = new Set<number>();
      for (let offset = 0; offset < view.byteLength; offset += flowSlot.size) {
        gone.add(readFlow(view, offset).original.sourcePort);
      }
      kernel.flows = kernel.flows.filter(({ original }) => !gone.has(original.sourcePort));
      return gone.size;
    },
  };
  return kernel;
}

function slotsOf(flows: readonly Flow[]): ArrayBuffer {
  const slots = new ArrayBuffer(flows.length * flowSlot.size);
  for (const [index, one] of flows.entries()) writeFlow(new DataView(slots), index * flowSlot.size, one);
  return slots;
}

beforeEach(() => vi.useFakeTimers({ toFake: ["performance"], now: 5_000 }));
afterEach(() => vi.useRealTimers());

const order = {
  type: "cutConnections",
  service: "dns",
  server: "ns1",
  mark: flowMark | 1,
  address: endpoint("10.0.0.1:53/udp"),
  reason: "down",
} as const;
const told: string[] = [];
const open = (kernel: ReturnType<typeof fake>) => openConnections(kernel, (error) => told.push(error));

const server = "10.0.0.1:443";
/** Asks, and lets the count that this begins come to its end. */
async function counted(connections: Connections, mark = flowMark | 1): Promise<number> {
  connections.to(mark, server);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return connections.to(mark, server);
}

it("counts by service and server", async () => {
  const kernel = fake([flow(1, server), flow(1, server), flow(1, "10.0.0.2:443"), flow(2, server)]);
  const connections = open(kernel);
  expect(await counted(connections)).toBe(2);
  expect(connections.to(flowMark | 2, server)).toBe(1);
  expect(connections.to(flowMark | 3, server)).toBe(0);
  expect(kernel.dumps).toEqual([{ mark: flowMark, mask: flowMarkMask }]);
});

it("counts afresh once a second, however often it is asked", async () => {
  const kernel = fake([flow(1, server)]);
  const connections = open(kernel);
  for (let asked = 0; asked < 100; asked++) await counted(connections);
  kernel.flows.push(flow(1, server));
  vi.advanceTimersByTime(999);
  expect(await counted(connections)).toBe(1);
  vi.advanceTimersByTime(1);
  expect(await counted(connections)).toBe(2);
  expect(kernel.dumps).toHaveLength(2);
});

it("has counted when a recount resolves, for everybody who asked meanwhile", async () => {
  const kernel = fake([flow(1, server)]);
  const connections = open(kernel);
  connections.to(flowMark | 1, server);
  await connections.recount();
  expect(connections.to(flowMark | 1, server)).toBe(1);
  kernel.flows.push(flow(1, server));
  await connections.recount();
  expect(connections.to(flowMark | 1, server)).toBe(1);
  vi.advanceTimersByTime(1_000);
  await Promise.all([connections.recount(), connections.recount()]);
  expect(connections.to(flowMark | 1, server)).toBe(2);
  expect(kernel.dumps).toHaveLength(2);
});

it("keeps the counts when the kernel refuses, says so, and asks again", async () => {
  const kernel = fake([flow(1, server)]);
  const connections = open(kernel);
  expect(await counted(connections)).toBe(1);
  kernel.refuse = true;
  vi.advanceTimersByTime(1_000);
  expect(await counted(connections)).toBe(1);
  expect(await connections.cut({ ...order, which: "all" })).toBe(0);
  expect(told).toEqual(["dump: ENOBUFS", "dump: ENOBUFS"]);
  kernel.refuse = false;
  kernel.flows.push(flow(1, server));
  vi.advanceTimersByTime(1_000);
  expect(await counted(connections)).toBe(2);
});

it("cuts one server's connections of one service, all or only those of UDP", async () => {
  const [tcp, udp] = [flow(1, "10.0.0.1:53"), flow(1, "10.0.0.1:53", 17)];
  const others = [flow(1, "10.0.0.2:53", 17), flow(2, "10.0.0.1:53", 17)];
  const kernel = fake([tcp, udp, ...others]);
  const connections = open(kernel);
  expect(await connections.cut({ ...order, which: "udp" })).toBe(1);
  expect(kernel.flows).toEqual([tcp, ...others]);
  expect(await connections.cut({ ...order, which: "all" })).toBe(1);
  expect(kernel.flows).toEqual(others);
});
