import { flowSlot, writeFlow } from "@vipair/kernel";
import { type Flow, flowMark, flowMarkMask, instantOf } from "@vipair/model";
import { beforeEach, expect, it, vi } from "vitest";
import { flowOf } from "./example.fixture.js";
import { type Handover, openHandover } from "./handover.js";
import type { PeerRequest } from "./link/message.js";

/** What agent, kernel and peer are and what was asked of them, in order. */
interface World {
  readonly steps: string[];
  flows: Flow[];
  connections: number;
  requests: (request: PeerRequest) => Promise<unknown>;
  flush: () => Promise<number>;
  dump: () => Flow[];
  young: (what: "hold" | "release") => void;
}
let world: World;
let handover: Handover;

beforeEach(() => {
  // A hand-over goes on carrying after its test: it must not find the next test's world.
  const own: World = {
    steps: [],
    flows: [opening(1), flowOf(2)],
    connections: 7,
    requests: async () => undefined,
    flush: async () => 0,
    dump: () => own.flows,
    young: () => undefined,
  };
  world = own;
  handover = openHandover({
    young: { hold: () => own.young("hold"), release: () => own.young("release") },
    from: "lb1",
    to: "lb2",
    takenWithinMs: 5_000,
    agent: { handOver: (force) => own.steps.push(force ? "hand over, forced" : "hand over") },
    conntrack: {
      async *dumpSlots({ mark, mask }) {
        expect([mark, mask]).toEqual([flowMark, flowMarkMask]);
        yield slotsOf(own.dump());
      },
    },
    replicator: {
      get connections() {
        return own.connections;
      },
      flush: () => {
        own.steps.push("flush");
        return own.flush();
      },
    },
    link: {
      request: (request) => {
        const flows = request.method === "insertFlows" ? request.flows : [];
        own.steps.push([request.method, ...flows.map((flow) => flow.original.sourcePort)].join(" "));
        return own.requests(request);
      },
    },
  });
});

/** A connection that is not established yet. */
function opening(clientPort: number, state = 1): Flow {
  return { ...flowOf(clientPort, state), status: 0x188 };
}

function slotsOf(flows: readonly Flow[]): ArrayBuffer {
  const slots = new ArrayBuffer(flows.length * flowSlot.size);
  for (const [index, flow] of flows.entries()) writeFlow(new DataView(slots), index * flowSlot.size, flow);
  return slots;
}

const handedOver = () => vi.waitFor(() => expect(world.steps.at(-1)).toMatch(/^hand over/));
function succeed(): void {
  handover.progress.passed(instantOf(1_000));
  handover.progress.taken(instantOf(1_003.456));
}

it("sends what is being opened, has the rest confirmed, passes ownership, and says what it cost", async () => {
  const report = handover.run(false);
  await handedOver();
  expect(world.steps).toEqual(["insertFlows 1", "flush", "hand over"]);
  succeed();
  expect(await report).toEqual({ from: "lb1", to: "lb2", connections: 2, tookMs: 3.46 });
});

it("has conntrack know everything before, and lets connections begin elsewhere again however it ends", async () => {
  world.young = (what) => world.steps.push(what);
  const report = handover.run(false);
  await handedOver();
  succeed();
  await report;
  expect(world.steps).toEqual(["hold", "insertFlows 1", "flush", "hand over", "release"]);
  world.steps.splice(0);
  world.flush = () => Promise.reject(new Error("not in time"));
  await expect(handover.run(false)).rejects.toThrow("not in time");
  expect(world.steps).toEqual(["hold", "insertFlows 1", "flush", "release"]);
});

it("carries what was born or changed meanwhile after the pass", async () => {
  const report = handover.run(false);
  await handedOver();
  world.flows = [flowOf(1), flowOf(2), flowOf(3), opening(4)];
  succeed();
  await report;
  await vi.waitFor(() => expect(world.steps.at(-1)).toBe("insertFlows 1 3 4"));
  world.flows = [...world.flows, flowOf(5)];
  await vi.waitFor(() => expect(world.steps.at(-1)).toBe("insertFlows 5"));
});

it("leaves the agent alone when the peer does not take the connections", async () => {
  world.requests = () => Promise.reject(new Error("the peer link closed"));
  await expect(handover.run(false)).rejects.toThrow("the peer link closed");
  expect(world.steps).toEqual(["insertFlows 1"]);
});

it("leaves the agent alone when the peer does not confirm the connections", async () => {
  world.flush = () => Promise.reject(new Error("not in time"));
  await expect(handover.run(false)).rejects.toThrow("not in time");
  expect(world.steps).toEqual(["insertFlows 1", "flush"]);
});

it("leaves the agent alone when the standby's kernel refuses connections", async () => {
  world.flush = async () => 1;
  await expect(handover.run(false)).rejects.toThrow("the kernel of lb2 refuses 1 of 7 connections");
  expect(world.steps).toEqual(["insertFlows 1", "flush"]);
});

it("tells how few the standby has lost meanwhile", async () => {
  world.connections = 4_000;
  world.flush = async () => 40;
  const report = handover.run(false);
  await handedOver();
  succeed();
  expect(await report).toMatchObject({ notCarried: 40 });
});

it("leaves the agent alone when the kernel refuses to say what connections there are", async () => {
  world.dump = () => {
    throw new Error("ENOBUFS");
  };
  await expect(handover.run(false)).rejects.toThrow("ENOBUFS");
  expect(world.steps).toEqual([]);
});

it("goes on without the link when it is forced", async () => {
  world.requests = () => Promise.reject(new Error("the peer link is down"));
  const report = handover.run(true);
  await handedOver();
  expect(world.steps).toEqual(["insertFlows 1", "hand over, forced"]);
  succeed();
  expect(await report).toMatchObject({ from: "lb1", to: "lb2", connections: 0, notCarried: 7 });
});

it("refuses a second one while one is under way, and takes the next one after it", async () => {
  const report = handover.run(false);
  await expect(handover.run(true)).rejects.toThrow("a hand-over is under way");
  await handedOver();
  const settled = vi.fn();
  const settling = handover.settled().then(settled);
  await Promise.resolve();
  expect(settled).not.toHaveBeenCalled();
  handover.progress.refused("the standby is in maintenance");
  await expect(report).rejects.toThrow("the standby is in maintenance");
  await settling;
  world.steps.length = 0;
  const next = handover.run(false);
  await handedOver();
  succeed();
  await next;
});

it("does not take a peer for its successor that was active before the pass", async () => {
  const report = handover.run(false);
  await handedOver();
  const done = vi.fn();
  report.then(done);
  handover.progress.taken(instantOf(900));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).not.toHaveBeenCalled();
  succeed();
  expect((await report).tookMs).toBe(3.46);
});

it("gives up when the peer does not become active", async () => {
  vi.useFakeTimers();
  try {
    const report = handover.run(false);
    const failure = expect(report).rejects.toThrow("lb2 did not become active");
    await vi.advanceTimersByTimeAsync(5_000);
    await failure;
  } finally {
    vi.useRealTimers();
  }
  expect(world.steps).toEqual(["insertFlows 1", "flush", "hand over"]);
});
