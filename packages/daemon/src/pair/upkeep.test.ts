import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { nodeReport } from "./example.fixture.js";
import { openUpkeep, type Upkeep } from "./upkeep.js";

const deliver = vi.fn();
const balancer = {
  rules: { applied: false, want: vi.fn(), afterwards: vi.fn(), restore: vi.fn(), close: vi.fn() },
  healthKnown: false,
  loop: { deliver },
};
const replicator = { settled: false };
let lacking: string[];
const agent = { setReady: vi.fn(), start: vi.fn() };
const link = { report: vi.fn(), connected: true };
const yieldToPeer = vi.fn();
const stability: { held: string | undefined } = { held: undefined };
let upkeep: Upkeep;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  lacking = ["the rules are not in the kernel"];
  Object.assign(balancer.rules, { applied: false });
  balancer.healthKnown = false;
  replicator.settled = false;
  stability.held = undefined;
  link.connected = true;
  upkeep = openUpkeep({
    balancer,
    pairing: { agent, link, replicator, yieldToPeer },
    stability,
    reports: { missing: () => lacking, own: () => nodeReport },
  });
});
afterEach(() => {
  upkeep.close();
  vi.useRealTimers();
});

it("tells the agent whether the node is ready", () => {
  vi.advanceTimersByTime(100);
  lacking = [];
  vi.advanceTimersByTime(100);
  expect(agent.setReady.mock.calls).toEqual([[false], [true]]);
});

it("starts the election once, with the rules in the kernel and the health known", () => {
  balancer.healthKnown = true;
  vi.advanceTimersByTime(5_000);
  expect(agent.start).not.toHaveBeenCalled();
  Object.assign(balancer.rules, { applied: true });
  vi.advanceTimersByTime(1_000);
  expect(agent.start).toHaveBeenCalledOnce();
});

it("does not wait for ever for a server's first answer", () => {
  Object.assign(balancer.rules, { applied: true });
  vi.advanceTimersByTime(2_900);
  expect(agent.start).not.toHaveBeenCalled();
  vi.advanceTimersByTime(300);
  expect(agent.start).toHaveBeenCalledOnce();
});

it("tells the balance when all that the former active node knew is here, and when more may come", () => {
  for (const settled of [false, true, true, false]) {
    replicator.settled = settled;
    vi.advanceTimersByTime(100);
  }
  expect(deliver.mock.calls).toEqual([true, false].map((settled) => [{ type: "peerSettled", settled }]));
});

it("reports to the peer once a second, and at the next check when something changed", () => {
  vi.advanceTimersByTime(1_000);
  expect(link.report.mock.calls).toEqual([[nodeReport]]);
  upkeep.reportSoon();
  upkeep.reportSoon();
  vi.advanceTimersByTime(200);
  expect(link.report).toHaveBeenCalledTimes(2);
});

it("makes no report while nobody is there to read it", () => {
  link.connected = false;
  vi.advanceTimersByTime(5_000);
  upkeep.reportSoon();
  vi.advanceTimersByTime(200);
  expect(link.report).not.toHaveBeenCalled();
  link.connected = true;
  vi.advanceTimersByTime(1_000);
  expect(link.report).toHaveBeenCalledOnce();
});

it("lets a node that is held back yield, again and again until it is released", () => {
  vi.advanceTimersByTime(100);
  expect(yieldToPeer).not.toHaveBeenCalled();
  stability.held = "it keeps ending";
  vi.advanceTimersByTime(200);
  expect(yieldToPeer).toHaveBeenCalledTimes(2);
  stability.held = undefined;
  vi.advanceTimersByTime(100);
  expect(yieldToPeer).toHaveBeenCalledTimes(2);
});
