import type { EventReport, NodeReport, PeerReport, Role, StatusReport, TakeoverReport } from "@vipair/model";
import { expect, it } from "vitest";
import { nodeReport } from "../pair/example.fixture.js";
import { whyActive, whyStandby } from "./why.js";

const takeover: TakeoverReport = {
  obstacles: [],
  claimObstacles: ["preemption is off", "its priority 100 is not above 200"],
  silenceMs: 361.2,
  lifelineMs: 5,
};
const report = (node: string, role: Role, more: Partial<NodeReport> = {}): NodeReport => {
  return { ...nodeReport, node, role, takeover, ...more };
};
const status = (own: NodeReport, peer: NodeReport | undefined, heard: Partial<PeerReport> = {}): StatusReport => {
  const seen: PeerReport = {
    node: "lb2",
    role: peer?.role ?? "initialize",
    reachable: peer !== undefined,
    ready: true,
  };
  const sync = { connected: true, since: own.since, connections: 7, protected: 0, protectedShare: 0, lagMs: 0 };
  return { ...own, peer: { ...seen, ...(peer && { report: peer }), ...heard }, sync };
};
const lb1 = report("lb1", "active", { reason: "peerDied", term: 7, priority: 200 });
const lb2 = report("lb2", "backup");

it("says who is active and why, and what keeps the other one from it", () => {
  const heartbeat = [
    { path: "eth0", up: true, lastHeardMs: 41 },
    { path: "sync", up: false, lastHeardMs: 4_200 },
    { path: "lifeline", up: false },
  ];
  const incident: EventReport = { at: "", node: "lb1", kind: "incident", message: "lb2 → lb1: no owner", detail: {} };
  expect(whyActive(status({ ...lb1, heartbeat }, lb2), [incident, { ...incident, kind: "stopped" }])).toEqual([
    "lb1 is active since 2026-01-01T00:00:00.000Z (term 7): the peer's agent died.",
    "The last change: lb2 → lb1: no owner.",
    "lb1 hears lb2: eth0 41 ms ago, sync no more, last 4.2 s ago, lifeline never.",
    "lb1 has priority 200.",
    "lb2 has priority 100.",
    "lb2 would take over after 361 ms of silence on every path, or 5 ms after the lifeline tells that its agent is gone.",
    "lb2 does not ask for ownership: preemption is off; its priority 100 is not above 200.",
  ]);
});

it("answers the same on the standby", () => {
  const there = whyActive(status(lb2, lb1, { node: "lb1" }), []);
  expect(there[0]).toBe("lb1 is active since 2026-01-01T00:00:00.000Z (term 7): the peer's agent died.");
  expect(there.slice(1)).toEqual(whyActive(status(lb1, lb2), []).slice(1));
});

it("names what fails and what it costs, and every gate that is shut", () => {
  const tracks = [
    { track: "interface eth0", ok: true },
    { track: "gateway 198.51.100.1", ok: false, weight: 50, because: "no answer" },
    { track: "interface eth1", ok: false },
  ];
  const out = { ...takeover, obstacles: ["the node is in maintenance", "interface eth1 failed"] };
  const worse = report("lb2", "backup", {
    tracks,
    priority: 50,
    takeover: out,
    missing: ["the rules are not in the kernel"],
  });
  expect(whyStandby(status(lb1, worse))).toEqual([
    "lb2 is backup since 2026-01-01T00:00:00.000Z (term 3): the daemon started.",
    "lb2 has priority 50: gateway 198.51.100.1 fails (no answer), which costs 50; interface eth1 fails, which is decisive.",
    "lb2 may not become active: the node is in maintenance; interface eth1 failed.",
    "lb2 is not ready: the rules are not in the kernel.",
  ]);
});

it("says what it cannot know", () => {
  expect(whyStandby(status(lb1, undefined))).toEqual(["lb2 is not heard."]);
  expect(whyStandby(status(lb1, undefined, { silent: true }))[0]).toContain("with VRRP only the active router speaks");
  expect(whyStandby(status(lb1, undefined, { reachable: true, role: "backup" }))).toEqual([
    "lb2 is heard as backup; there is no peer link to ask it why.",
  ]);
  expect(whyActive(status(lb2, undefined, { node: "lb1" }), [])[0]).toBe("No node is known to be active.");
  expect(whyActive(status(lb1, report("lb2", "active")), [])).toContain(
    "Both are active: one of them is about to yield.",
  );
  // A version that says nothing of its takeover.
  const { takeover: _, ...older } = lb2;
  expect(whyStandby(status(lb1, { ...older, maintenance: true }))).toContain("lb2 is in maintenance.");
});
