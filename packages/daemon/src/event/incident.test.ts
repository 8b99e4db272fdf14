import { type EventReport, instantOf } from "@vipair/model";
import { expect, it } from "vitest";
import { alignEvents, type PlacedEvent } from "./align.js";
import type { ClockOffset, ClockReading } from "./clock.js";
import { findIncidents } from "./incident.js";

type Detail = EventReport["detail"];

const placed = (
  node: string,
  instant: number,
  kind: EventReport["kind"],
  detail: Detail,
  exact = true,
): PlacedEvent => {
  return { instant, exact, event: { at: new Date(instant).toISOString(), node, kind, message: kind, detail } };
};
const taken = (node: string, at: number, reason: string, term: number, more: Detail = {}): PlacedEvent =>
  placed(node, at, "roleChanged", { from: "backup", to: "active", reason, term, tookMs: 2, ...more });
const left = (node: string, at: number, reason: string): PlacedEvent =>
  placed(node, at, "roleChanged", { from: "active", to: "backup", reason, term: 1, tookMs: 1 });

const incidents = (...events: PlacedEvent[]) =>
  findIncidents(events, ["lb1", "lb2"], 0.5).map(({ event }) => ({ message: event.message, ...event.detail }));

it("finds no incident in the first owner", () => expect(incidents(taken("lb1", 10, "silence", 1))).toEqual([]));

it("measures from giving up to the end of the takeover", () => {
  const [incident] = incidents(
    taken("lb1", 10, "silence", 1),
    left("lb1", 100, "handover"),
    taken("lb2", 103.5, "handover", 2),
  );
  expect(incident).toEqual({
    message: "lb1 → lb2, term 2, planned hand-over: no owner for 5.5 ms, two owners for 0 ms (± 0.5 ms)",
    from: "lb1",
    to: "lb2",
    term: 2,
    reason: "handover",
    gapMs: 5.5,
    overlapMs: 0,
    uncertaintyMs: 0.5,
  });
});

it("measures how long there were two, until one gave way", () => {
  const split = [taken("lb1", 10, "silence", 1), taken("lb2", 100, "silence", 2)];
  expect(incidents(...split, left("lb1", 222, "yielded"))).toMatchObject([{ gapMs: 0, overlapMs: 120 }]);
  expect(incidents(...split, left("lb2", 222, "yielded"), left("lb1", 400, "handover"))).toMatchObject([
    { from: "lb1", to: "lb2", gapMs: 0, overlapMs: 120 },
  ]);
});

it("takes the end of the agent's process for the end of its ownership", () => {
  const died = placed("lb1", 100, "refused", { agentDied: true });
  expect(incidents(taken("lb1", 10, "silence", 1), died, taken("lb2", 109, "peerDied", 2))).toMatchObject([
    { gapMs: 11, overlapMs: 0 },
  ]);
});

it("says the most it can have been when the former owner does not say when it ended", () => {
  const before = taken("lb1", 10, "silence", 1);
  const after = taken("lb2", 400, "silence", 2, { heardMs: 310 });
  const most = {
    mostGapMs: 312,
    message: expect.stringContaining("no owner for at most 312 ms, since lb1 was last heard"),
  };
  expect(incidents(before, after)).toMatchObject([most]);
  expect(incidents(before, after, placed("lb1", 9_000, "started", {}))).toMatchObject([most]);
  // Its kernel ended the lease before it woke up and could say so.
  expect(incidents(before, after, left("lb1", 2_000, "leaseLapsed"))).toMatchObject([most]);
});

it("knows that the other node served when a term is missing, though nobody tells", () => {
  const [mine, again] = [taken("lb1", 10, "silence", 1), taken("lb1", 900, "peerDied", 3, { heardMs: 80 })];
  const most = { from: "lb2", to: "lb1", mostGapMs: 82 };
  expect(incidents(mine, left("lb1", 100, "handover"), again)).toMatchObject([most]);
  expect(incidents(again)).toMatchObject([most]);
});

it("finds the node's own return, and what it cannot know", () => {
  const crash = placed("lb1", 500, "started", {});
  expect(incidents(taken("lb1", 10, "silence", 1), crash, taken("lb1", 900, "silence", 2))).toMatchObject([
    { from: "lb1", to: "lb1", message: expect.stringContaining("when lb1 ended is not known") },
  ]);
  const lapse = left("lb1", 100, "interfaceDown");
  expect(incidents(taken("lb1", 10, "silence", 1), lapse, taken("lb1", 900, "silence", 2))).toMatchObject([
    { from: "lb1", to: "lb1", gapMs: 802, uncertaintyMs: 0 },
  ]);
});

it("claims nothing from clocks that may have been set", () => {
  const inexact = { ...left("lb1", 100, "handover"), exact: false };
  const [incident] = incidents(taken("lb1", 10, "silence", 1), inexact, taken("lb2", 103, "handover", 2));
  expect(incident?.message).toContain("is not known");
  expect(incident).not.toHaveProperty("gapMs");
});

const reading = (wall: string, instant: number, boot: string): ClockReading => {
  return { wall: Date.parse(wall), instant: instantOf(instant), boot };
};
const event = (node: string, at: string, more: Partial<EventReport> = {}): EventReport => {
  return { at, node, kind: "started", message: "", detail: {}, ...more };
};

it("puts both nodes' events into one order, with clocks that are years apart and one that was set", () => {
  const own = reading("2026-01-01T00:00:10.000Z", 10_000, "b1");
  const offset: ClockOffset = { own, peer: reading("2031-06-01T00:00:00.000Z", 500, "b2"), uncertainty: 1 as never };
  const order = alignEvents(
    [event("lb1", "2026-01-01T00:00:08.000Z", { instant: 8_000, boot: "b1" })],
    own,
    [
      event("lb2", "2031-05-31T23:59:57.000Z"),
      // Its clock said 2001 then.
      event("lb2", "2001-01-01T00:00:00.000Z", { instant: -1_000.5, boot: "b2" }),
    ],
    offset,
  );
  expect(order.map(({ event }) => [event.node, event.at, event.clockAt])).toEqual([
    ["lb2", "2026-01-01T00:00:07.000Z", "2031-05-31T23:59:57.000Z"],
    ["lb1", "2026-01-01T00:00:08.000Z", undefined],
    ["lb2", "2026-01-01T00:00:08.499Z", "2001-01-01T00:00:00.000Z"],
  ]);
  expect(order.map(({ exact }) => exact)).toEqual([false, true, true]);
});
