import { type Flow, flowMark, flowMarkMask, instantOf } from "@vipair/model";
import { beforeEach, expect, it, vi } from "vitest";
import { flowOf } from "./example.fixture.js";
import { type Handover, openHandover } from "./handover.js";
import type { PeerRequest } from "./link/message.js";

/** What agent, kernel and peer are and what was asked of them, in order. */
interface World {
  readonly steps: string[];
  flows: Flow[];
  requests: (request: PeerRequest) => Promise<unknown>;
}
let world: World;
let handover: Handover;

beforeEach(() => {
  // A hand-over goes on carrying after its test: it must not find the next test's world.
  const own: World = { steps: [], flows: [flowOf(1), flowOf(2)], requests: async () => undefined };
  world = own;
  handover = openHandover({
    from: "lb1",
    to: "lb2",
    agent: { handOver: (force) => own.steps.push(force ? "hand over, forced" : "hand over") },
    conntrack: {
      dump: ({ mark, mask }) => {
        expect([mark, mask]).toEqual([flowMark, flowMarkMask]);
        return own.flows;
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

const handedOver = () => vi.waitFor(() => expect(world.steps.at(-1)).toMatch(/^hand over/));
function succeed(): void {
  handover.progress.passed(instantOf(1_000));
  handover.progress.taken(instantOf(1_003.456));
}

it("carries the connections over, then passes ownership, and says what it cost", async () => {
  const report = handover.run(false);
  await handedOver();
  expect(world.steps).toEqual(["beginHandover", "insertFlows 1 2", "hand over"]);
  succeed();
  expect(await report).toEqual({ from: "lb1", to: "lb2", connections: 2, tookMs: 3.46 });
});

it("carries in rounds what was born or changed meanwhile, and many in several messages", async () => {
  const rest = Array.from({ length: 1_050 }, (_, index) => flowOf(index + 1));
  world.flows = [flowOf(0), ...rest];
  world.requests = async ({ method }) => {
    if (method === "insertFlows") world.flows = [...rest, flowOf(0, 4), flowOf(5_000)];
  };
  const report = handover.run(false);
  await handedOver();
  expect(world.steps.map((step) => step.split(" ").length - 1)).toEqual([0, 1_000, 51, 2, 1]);
  expect(world.steps[3]).toBe("insertFlows 0 5000");
  succeed();
  expect((await report).connections).toBe(1_053);
});

it("carries what stray frames brought about after the pass", async () => {
  const report = handover.run(false);
  await handedOver();
  world.flows = [flowOf(1, 4), flowOf(2), flowOf(3)];
  succeed();
  await report;
  await vi.waitFor(() => expect(world.steps.at(-1)).toBe("insertFlows 1 3"));
  world.flows = [...world.flows, flowOf(4)];
  await vi.waitFor(() => expect(world.steps.at(-1)).toBe("insertFlows 4"));
});

it.each(["beginHandover", "insertFlows"])("leaves the agent alone when %s fails", async (method) => {
  world.requests = async (request) => {
    if (request.method === method) throw new Error("the peer link closed");
  };
  await expect(handover.run(false)).rejects.toThrow("the peer link closed");
  expect(world.steps.at(-1)).toMatch(method);
});

it("leaves the agent alone when the kernel refuses to say what connections there are", async () => {
  Object.defineProperty(world.flows, "filter", {
    value: () => {
      throw new Error("ENOBUFS");
    },
  });
  await expect(handover.run(false)).rejects.toThrow("ENOBUFS");
  expect(world.steps).toEqual(["beginHandover"]);
});

it("goes on without the link when it is forced", async () => {
  world.requests = () => Promise.reject(new Error("the peer link is down"));
  const report = handover.run(true);
  await handedOver();
  expect(world.steps).toEqual(["beginHandover", "hand over, forced"]);
  succeed();
  expect((await report).connections).toBe(0);
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
  expect(world.steps).toEqual(["beginHandover", "insertFlows 1 2", "hand over"]);
});
