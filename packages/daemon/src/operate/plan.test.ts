import type { EventReport, GateReport, NodeReport, PeerReport, Role, StatusReport } from "@vipair/model";
import { expect, it } from "vitest";
import { nodeReport, replicaReport, sourceReport } from "../pair/example.fixture.js";
import { planFailover } from "./plan.js";

const status = (role: Role, peerRole: Role): StatusReport => {
  const peer: PeerReport = { node: "lb1", role: peerRole, reachable: true, ready: true };
  const sync = { connected: true, since: nodeReport.since, connections: 7, protected: 0, protectedShare: 0, lagMs: 0 };
  return { ...nodeReport, role, peer, sync };
};

const shut = (gate: string, reason: string): GateReport => ({ gate, open: false, reasons: [reason] });

it("says step by step what the active node would do", () => {
  const plan = planFailover(status("active", "backup"), [], []);
  expect(plan).toMatchObject({ possible: true, reasons: [] });
  expect(plan.sentences).toHaveLength(3);
  expect(plan.sentences[0]).toContain("lb2 carries its 7 connections over to the kernel of lb1");
});

it("gives the reasons why it would be refused", () => {
  const plan = planFailover(status("active", "backup"), [shut("heard", "lb1 is not heard")], []);
  expect(plan).toMatchObject({ possible: false, reasons: ["lb1 is not heard"] });
});

it("says on the standby that the active node is asked", () => {
  const plan = planFailover(status("backup", "active"), [shut("heard", "what only the active node can know")], []);
  expect(plan).toMatchObject({ possible: true, reasons: [] });
  expect(plan.sentences.slice(0, 2)).toEqual([
    "lb1 is active: it is asked to hand over.",
    "lb1 carries its connections over to the kernel of lb2.",
  ]);
});

it("says that nothing is carried over without a peer link", () => {
  const apart: StatusReport = {
    ...status("active", "initialize"),
    sync: { ...status("active", "backup").sync, connected: false },
  };
  expect(planFailover(apart, [shut("peer link", "no link")], []).sentences[0]).toBe(
    "lb2 carries none of its 7 connections over: there is no peer link to lb1.",
  );
  const asked: StatusReport = { ...apart, role: "backup", peer: { ...apart.peer, role: "active" } };
  expect(planFailover(asked, [], [])).toMatchObject({
    possible: false,
    reasons: [expect.stringContaining("lb1 is active")],
  });
});

it("is impossible while neither is active", () => {
  expect(planFailover(status("backup", "initialize"), [], [])).toMatchObject({ possible: false, sentences: [] });
});

const incident = (reason: string, gapMs: number): EventReport => {
  return { at: nodeReport.since, node: "lb1", kind: "incident", message: "", detail: { reason, gapMs } };
};
const [first] = nodeReport.services;
const seeing = (health: "up" | "down"): NodeReport["services"] =>
  first === undefined ? [] : [{ ...first, servers: first.servers.map((server) => ({ ...server, health })) }];

it.each([
  ["the active node", "active", "backup"],
  ["the standby", "backup", "active"],
] as const)("says on %s what it would cost, from both nodes' words", (_where, role, peerRole) => {
  const active: Partial<NodeReport> = { role: "active", replication: sourceReport, services: seeing("up") };
  const takeover = { obstacles: [], claimObstacles: [], silenceMs: 361, lifelineMs: 5 };
  const standby: Partial<NodeReport> = { replication: replicaReport, services: seeing("down"), takeover };
  const [own, other] = role === "active" ? [active, standby] : [standby, active];
  const base = status(role, peerRole);
  const report: NodeReport = { ...nodeReport, node: "lb1", role: peerRole, ...other };
  const events = [incident("handover", 9), incident("silence", 300), incident("handover", 6.5)];
  const plan = planFailover({ ...base, ...own, role, peer: { ...base.peer, report } }, [], events);
  const [from, to] = role === "active" ? ["lb2", "lb1"] : ["lb1", "lb2"];
  expect(plan).toMatchObject({
    from,
    to,
    connections: { total: 12, protected: 11 },
    expected: { planned: [9, 6.5], silenceMs: 361, lifelineMs: 5 },
    differing: [{ server: "web/s1", active: "up", standby: "down" }],
  });
});
