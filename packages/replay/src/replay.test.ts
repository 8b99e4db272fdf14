import {
  type BalanceEffect,
  type BalanceEvent,
  type BalanceState,
  initialBalance,
  stepBalance,
} from "@vipair/balancer";
import {
  type ElectionConfig,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  initialElection,
  stepElection,
} from "@vipair/heartbeat";
import { type Instant, instantOf, millisOf, openRecorder, type Recorder } from "@vipair/model";
import { expect, it } from "vitest";
import { replay } from "./replay.js";

const config: ElectionConfig = {
  priority: 200,
  interval: millisOf(100),
  preempt: false,
  preemptDelay: millisOf(0),
  tracks: new Map([
    ["interface eth0", undefined],
    ["gateway 198.51.100.1", 50],
  ]),
  leaseTtl: millisOf(250),
  lingerFor: millisOf(1_000),
  balancerTimeout: millisOf(3_000),
  addressValidFor: millisOf(2_000),
  addressRefresh: millisOf(500),
  announceAt: [0, 50].map(millisOf),
  announceEvery: millisOf(30_000),
  refusalHoldoff: millisOf(5_000),
  address: { family: 4, text: "192.0.2.1" },
  peerAddress: { family: 4, text: "192.0.2.2" },
  ranksSecond: false,
  claimPatience: millisOf(2_000),
  reachDelay: millisOf(2_000),
  gatewayLag: millisOf(0),
  reachHoldoff: millisOf(10_000),
  needsWitness: false,
};

const recorderOf = <State, Event extends { type: string }, Effect extends { type: string }>(
  machine: "election" | "balance",
): Recorder<State, Event, Effect> => {
  const at = (): string => "2026-01-01T00:00:00.000Z";
  return openRecorder({ machine, node: "lb1", version: "1", config: machine === "election" ? config : null, at });
};

/** Becomes active, serves for a while, and loses an interface. */
function recordElection(events: readonly ElectionEvent[] = story, anewAt = -1): string[] {
  const recorder = recorderOf<ElectionState, ElectionEvent, ElectionEffect>("election");
  let state: ElectionState = initialElection(config, instantOf(0));
  let text = "";
  events.forEach((event, index) => {
    const now = instantOf(100.125 * index);
    const result = stepElection(config, state, event, now);
    recorder.stepped(state, event, now, result.effects);
    state = result.state;
    if (index === anewAt) {
      text += recorder.take()?.text ?? "";
      recorder.beginAnew();
    }
  });
  return (text + (recorder.take()?.text ?? "")).split("\n");
}

const deadline: ElectionEvent = { type: "deadlineReached" };
const serving = Array.from({ length: 8 }, (): ElectionEvent[] => [
  deadline,
  { type: "leaseRenewed" },
  { type: "balancerHeard" },
]).flat();
const story: readonly ElectionEvent[] = [
  { type: "trackChanged", track: "gateway 198.51.100.1", ok: false },
  { type: "started" },
  { type: "balancerHeard" },
  { type: "readinessChanged", ready: true },
  ...serving,
  { type: "trackChanged", track: "interface eth0", ok: false },
  ...serving,
];

it("asks for the same effects as were recorded", () => {
  const { difference, ...counts } = replay(recordElection());
  expect(difference).toBeUndefined();
  expect(counts).toMatchObject({ events: story.length, openings: 1, dropped: 0, cutShort: 0 });
  expect(counts.effects).toBeGreaterThan(20);
});

it("needs nothing of what was before an opening line", () => {
  const lines = recordElection(story, 12);
  const second = lines.findLastIndex((line) => line.includes('"machine"'));
  expect(second).toBeGreaterThan(10);
  expect(replay(lines)).toMatchObject({ difference: undefined, openings: 2 });
  expect(replay(lines.slice(second))).toMatchObject({ difference: undefined, openings: 1 });
  expect(replay(lines.slice(second + 1)).difference?.what).toContain("before the first opening line");
});

it.each([
  ["an event", (line: string) => line.replace('"interface eth0","ok":false', '"interface eth0","ok":true')],
  ["an effect", (line: string) => line.replace('"to":"active"', '"to":"backup"')],
  ["a time", (line: string) => line.replace('"now":3', '"now":9')],
])("finds %s that somebody changed", (_what, change) => {
  const lines = recordElection();
  const changed = lines.map(change);
  const at = lines.findIndex((line, index) => line !== changed[index]);
  const { difference } = replay(changed);
  expect(difference?.line).toBeGreaterThanOrEqual(at + 1);
  expect(difference).toMatchObject({ recorded: expect.any(Array), replayed: expect.any(Array) });
});

it("takes a line that ended with its writer, and none in the middle that cannot be read", () => {
  const lines = recordElection().slice(0, -1);
  const last = lines.at(-1) ?? "";
  const cut = [...lines.slice(0, -1), last.slice(0, 9)];
  expect(replay(cut)).toMatchObject({ difference: undefined, cutShort: 1 });
  expect(replay([...cut, "", ...lines])).toMatchObject({ difference: undefined, cutShort: 1, openings: 2 });
  expect(replay([...cut, ...lines.slice(1)]).difference).toEqual({
    line: cut.length,
    what: "this line can not be read",
  });
});

it("says so when it is no recording", () => {
  expect(replay([""]).difference?.what).toContain("no recording");
  expect(replay(["hello"]).difference?.what).toContain("no recording");
});

it("replays the balance, whose state has its configuration", () => {
  const recorder = recorderOf<BalanceState, BalanceEvent, BalanceEffect>("balance");
  let state = initialBalance([], instantOf(0), 0, undefined);
  const step = (event: BalanceEvent, now: Instant): void => {
    const result = stepBalance(state, event, now);
    recorder.stepped(state, event, now, result.effects);
    state = result.state;
  };
  step({ type: "deadlineReached" }, instantOf(0));
  step({ type: "ownershipTaken" }, instantOf(5));
  step({ type: "ownershipLost", planned: true }, instantOf(10));
  step({ type: "deadlineReached" }, instantOf(2_000));
  const result = replay((recorder.take()?.text ?? "").split("\n"));
  expect(result).toMatchObject({ difference: undefined, events: 4 });
  expect(result.effects).toBeGreaterThan(2);
});
