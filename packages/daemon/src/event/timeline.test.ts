import { type EventReport, instantOf } from "@vipair/model";
import { expect, it, vi } from "vitest";
import type { PeerHello, PeerRequest } from "../pair/link/message.js";
import type { ClockReading } from "./clock.js";
import { type Journal, openJournal } from "./journal.js";
import { openTimeline, type Timeline } from "./timeline.js";

/** Two nodes, of which the second's clock is an hour ahead; time passes when somebody looks. */
function openPair(features: PeerHello["features"] = ["events"]) {
  let now = 1_000;
  const clockOf = (boot: string, ahead: number) => (): ClockReading => {
    now += 1;
    return { wall: Date.parse("2026-01-01T00:00:00Z") + ahead + now, instant: instantOf(now + ahead / 2), boot };
  };
  const clock = clockOf("b1", 0);
  const peerClock = clockOf("b2", 3_600_000);
  const journalOf = (node: string, clock: () => ClockReading) => openJournal({ node, clock, told: () => undefined });
  const own = journalOf("lb1", clock);
  const peer = journalOf("lb2", peerClock);
  const requests: PeerRequest[] = [];
  const link = {
    connected: true,
    peer: { node: "lb2", version: "0.0.9", configDigest: "", features } as PeerHello | undefined,
    request: async (request: PeerRequest): Promise<unknown> => {
      requests.push(request);
      if (request.method === "events") return JSON.parse(JSON.stringify(peer.after(request.after)));
      return peerClock();
    },
  };
  const timeline = openTimeline({ node: "lb1", peer: "lb2", clock, journal: own, link });
  return { own, peer, link, requests, timeline };
}

const story = (own: Journal, peer: Journal): void => {
  const change = (from: string, to: string, term: number) => ({ from, to, reason: "handover", term, tookMs: 1 });
  own.record("roleChanged", "lb1 takes", change("backup", "active", 1));
  own.record("roleChanged", "lb1 gives", change("active", "backup", 2));
  peer.record("roleChanged", "lb2 takes", change("backup", "active", 2));
};
const messages = (events: readonly EventReport[]): string[] => events.map(({ message }) => message.split(",")[0] ?? "");

it("merges both journals in this node's time, with what was between the owners", async () => {
  const { own, peer, timeline } = openPair();
  story(own, peer);
  const { peer: known, events } = await timeline.read();
  expect(known).toMatchObject({ node: "lb2", reached: true, offsetMs: expect.closeTo(3_600_000, -1) });
  expect(messages(events)).toEqual(["lb1 takes", "lb1 gives", "lb2 takes", "lb1 → lb2"]);
  expect(events[2]?.at).toMatch(/^2026-01-01T00:00/);
  expect(events[2]?.clockAt).toMatch(/^2026-01-01T01:00/);
  expect(events[3]).toMatchObject({ kind: "incident", detail: { from: "lb1", to: "lb2", term: 2, overlapMs: 0 } });
  expect(events[3]?.detail.gapMs).toBeLessThan(20);
});

it("asks the peer only for what it has not told yet, and for everything after its restart", async () => {
  const { own, peer, requests, timeline } = openPair();
  story(own, peer);
  await timeline.read();
  peer.record("stopped", "lb2 stops");
  expect(messages((await timeline.read()).events)).toContain("lb2 stops");
  const asked = requests.filter(({ method }) => method === "events");
  expect(asked).toEqual([
    { method: "events", after: undefined },
    { method: "events", after: { journal: peer.after(undefined).position.journal, count: 1 } },
  ]);
});

const alone = async (timeline: Timeline, because: string): Promise<void> => {
  const { peer, events } = await timeline.read();
  expect(peer).toEqual({ node: "lb2", reached: false, because: expect.stringContaining(because) });
  expect(messages(events)).toEqual(["lb1 takes", "lb1 gives"]);
};

it("says so when the peer cannot be asked, and tells what this node knows", async () => {
  const { own, peer, link, timeline } = openPair();
  story(own, peer);
  link.request = async () => ({ surprise: true });
  await alone(timeline, "expected object");
  link.request = () => Promise.reject(new Error("the peer did not answer within 2000 ms"));
  await alone(timeline, "did not answer");
  link.peer = undefined;
  await alone(timeline, "the peer link is down");
});

it("asks no peer of a version that does not know the question", async () => {
  const { own, peer, requests, timeline } = openPair([]);
  story(own, peer);
  await alone(timeline, "its version 0.0.9 does not tell its events");
  expect(requests).toEqual([]);
});

it("follows both: each event once, until somebody has enough", async () => {
  const { own, peer, timeline } = openPair();
  story(own, peer);
  const told: EventReport[] = [];
  const leave = timeline.follow((event) => told.push(event));
  const soon = { timeout: 20_000 };
  await vi.waitFor(() => expect(messages(told)).toEqual(["lb1 takes", "lb1 gives", "lb2 takes", "lb1 → lb2"]), soon);
  own.record("started", "at once");
  expect(messages(told).at(-1)).toBe("at once");
  peer.record("stopped", "soon");
  await vi.waitFor(() => expect(messages(told).at(-1)).toBe("soon"), soon);
  expect(told).toHaveLength(6);
  leave();
  own.record("stopped", "later");
  expect(told).toHaveLength(6);
});
