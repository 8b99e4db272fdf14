import type { Selection } from "@vipair/kernel";
import { type Flow, flowMark, flowMarkMask, parseEndpoint } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openConnections } from "./connections.js";

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
    dump: (selection: Selection): Flow[] => {
      kernel.dumps.push(selection);
      if (kernel.refuse) throw Object.assign(new Error("dump: ENOBUFS"), { name: "KernelError" });
      return kernel.flows.filter(({ mark }) => (mark & selection.mask) >>> 0 === selection.mark);
    },
    removeWhere: (selection: Selection, predicate: (flow: Flow) => boolean): number => {
      const gone = kernel.dump(selection).filter(predicate);
      kernel.flows = kernel.flows.filter((one) => !gone.includes(one));
      return gone.length;
    },
  };
  return kernel;
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

it("counts by service and server", () => {
  const kernel = fake([
    flow(1, "10.0.0.1:443"),
    flow(1, "10.0.0.1:443"),
    flow(1, "10.0.0.2:443"),
    flow(2, "10.0.0.1:443"),
  ]);
  const connections = open(kernel);
  expect(connections.total).toBe(4);
  expect(connections.to(flowMark | 1, "10.0.0.1:443")).toBe(2);
  expect(connections.to(flowMark | 2, "10.0.0.1:443")).toBe(1);
  expect(connections.to(flowMark | 3, "10.0.0.1:443")).toBe(0);
  expect(kernel.dumps).toEqual([{ mark: flowMark, mask: flowMarkMask }]);
});

it("counts afresh once a second, however often it is asked", () => {
  const kernel = fake([flow(1, "10.0.0.1:443")]);
  const connections = open(kernel);
  for (let asked = 0; asked < 100; asked++) expect(connections.total).toBe(1);
  kernel.flows.push(flow(1, "10.0.0.1:443"));
  vi.advanceTimersByTime(999);
  expect(connections.total).toBe(1);
  vi.advanceTimersByTime(1);
  expect(connections.total).toBe(2);
  expect(kernel.dumps).toHaveLength(2);
});

it("keeps the counts when the kernel refuses, and says so", () => {
  const kernel = fake([flow(1, "10.0.0.1:443")]);
  const connections = open(kernel);
  expect(connections.total).toBe(1);
  kernel.refuse = true;
  vi.advanceTimersByTime(1_000);
  expect(connections.total).toBe(1);
  expect(connections.cut({ ...order, which: "all" })).toBe(0);
  expect(told).toEqual(["dump: ENOBUFS", "dump: ENOBUFS"]);
});

it("cuts one server's connections of one service, all or only those of UDP", () => {
  const [tcp, udp] = [flow(1, "10.0.0.1:53"), flow(1, "10.0.0.1:53", 17)];
  const others = [flow(1, "10.0.0.2:53", 17), flow(2, "10.0.0.1:53", 17)];
  const kernel = fake([tcp, udp, ...others]);
  const connections = open(kernel);
  expect(connections.cut({ ...order, which: "udp" })).toBe(1);
  expect(kernel.flows).toEqual([tcp, ...others]);
  expect(connections.cut({ ...order, which: "all" })).toBe(1);
  expect(kernel.flows).toEqual(others);
});
