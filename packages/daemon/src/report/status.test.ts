import type { AgentReport, PeerView } from "@vipair/agent";
import { type Config, type Heartbeat, instantOf, type NodeReport } from "@vipair/model";
import { expect, it } from "vitest";
import { nodeReport } from "../pair/example.fixture.js";
import { peerHealth } from "./health.js";
import { reportStatus } from "./status.js";

const own: NodeReport = { ...nodeReport, node: "lb1", role: "active", priority: 200 };
const configOf = (transport: Heartbeat["transport"]): Config =>
  ({ pair: { nodes: [{ name: "lb1" }, { name: "lb2" }], heartbeat: { transport } } }) as unknown as Config;
const heard: PeerView = {
  heardAt: instantOf(0),
  role: "backup",
  reachable: true,
  ready: true,
  eligible: true,
  maintenance: true,
  priority: 90,
  hearing: true,
  sameConfig: true,
};
const status = (view: PeerView | undefined, peer: NodeReport | undefined, transport: Heartbeat["transport"] = "udp") =>
  reportStatus({
    own,
    config: configOf(transport),
    agent: { peer: view } as AgentReport,
    peer,
    linkConnected: peer !== undefined,
    replicator: { connections: 12, protected: 11, lagMs: 3 },
  });

it("shows this node and how the link stands", () => {
  expect(status(heard, nodeReport)).toMatchObject({
    ...own,
    sync: { connected: true, connections: 12, protected: 11, lagMs: 3 },
  });
});

it("believes the heartbeat before the report while it is heard", () => {
  const old: NodeReport = { ...nodeReport, role: "active", ready: false, priority: 100 };
  expect(status(heard, old).peer).toMatchObject({
    node: "lb2",
    role: "backup",
    reachable: true,
    ready: true,
    maintenance: true,
    priority: 90,
    report: old,
  });
});

it("believes the report when the heartbeat is not heard any more", () => {
  expect(status({ ...heard, reachable: false }, nodeReport).peer).toMatchObject({
    role: "backup",
    reachable: false,
    ready: true,
    maintenance: false,
    version: "0.1.0",
  });
});

it("knows nothing of a peer that says nothing", () => {
  expect(status(undefined, undefined).peer).toEqual({
    node: "lb2",
    role: "initialize",
    reachable: false,
    ready: false,
    maintenance: false,
  });
});

it("reaches a silent backup of VRRP by the peer link, and expects nothing of one without", () => {
  expect(status(undefined, nodeReport, "vrrp").peer).toMatchObject({ role: "backup", reachable: true, ready: true });
  expect(status(undefined, undefined, "vrrp").peer).toMatchObject({ reachable: false, silent: true });
  const { ready: _, maintenance: __, ...advertised } = heard;
  const active: PeerView = { ...advertised, role: "active", ready: undefined, maintenance: undefined };
  expect(status(active, undefined, "vrrp").peer).toEqual({
    node: "lb2",
    role: "active",
    reachable: true,
    ready: false,
    maintenance: false,
    priority: 90,
  });
});

it("takes the health of every server from the peer's report", () => {
  expect(peerHealth(nodeReport)).toEqual({ "web/s1": "up" });
  expect(peerHealth(undefined)).toEqual({});
});
