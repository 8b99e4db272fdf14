import type { AgentReport, PeerView } from "@vipair/agent";
import { type Config, type Heartbeat, instantOf, type NodeReport, type StatusReport } from "@vipair/model";
import { expect, it } from "vitest";
import { nodeReport, sourceReport } from "../pair/example.fixture.js";
import { healthOf } from "./health.js";
import { reportStatus } from "./status.js";
import { reportSync, syncOf } from "./sync.js";

const own: NodeReport = { ...nodeReport, node: "lb1", role: "active", priority: 200, replication: sourceReport };
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
  reach: undefined,
  older: false,
};
const status = (
  view: PeerView | undefined,
  peer: NodeReport | undefined,
  { transport = "udp", mine = own }: { transport?: Heartbeat["transport"]; mine?: NodeReport } = {},
) =>
  reportStatus({
    own: mine,
    config: configOf(transport),
    agent: { peer: view } as AgentReport,
    peer,
    linkConnected: peer !== undefined,
    linkSince: "2026-01-01T00:00:01.000Z",
    clients: { clients: 8, protected: 7 },
  });

it("shows this node and how the link stands", () => {
  expect(status(heard, nodeReport)).toMatchObject({
    ...own,
    sync: {
      connected: true,
      since: "2026-01-01T00:00:01.000Z",
      connections: 12,
      protected: 11,
      protectedShare: 0.9166,
      lagMs: 3,
      waiting: 1,
      unacknowledged: 0,
      lost: 0,
      drift: { missing: 0, surplus: 2, different: 1, repairedAt: "2026-01-01T00:00:07.000Z" },
      refusedInserts: 3,
    },
  });
});

it("knows nothing of the standby's drift while the link is down, and calls an empty table protected", () => {
  const empty = { ...own, replication: { ...sourceReport, connections: 0, protected: 0 } };
  expect(syncOf(empty.replication, undefined)).toEqual({
    connections: 0,
    protected: 0,
    protectedShare: 1,
    lagMs: 3,
    waiting: 1,
    unacknowledged: 0,
    lost: 0,
  });
});

it("shows on the standby what it holds itself, and both nodes' words", () => {
  const standby = {
    ...status(heard, { ...nodeReport, replication: sourceReport }),
    replication: nodeReport.replication,
  };
  expect(syncOf(standby.replication, sourceReport)).toMatchObject({
    connections: 11,
    drift: { surplus: 2 },
    refusedInserts: 3,
  });
  expect(reportSync(standby as StatusReport)).toMatchObject({
    connected: true,
    nodes: [
      { node: "lb1", replication: { role: "replica" } },
      { node: "lb2", replication: { role: "source" } },
    ],
  });
});

it("shows how many clients are remembered, where some are", () => {
  expect(status(heard, nodeReport).sync).not.toHaveProperty("persistence");
  const [service] = own.services;
  const persistence = { prefix: 32, timeoutSeconds: 60, clients: 8, most: 10, unkept: 0 };
  const remembering = { ...own, services: service === undefined ? [] : [{ ...service, persistence }] };
  expect(status(heard, nodeReport, { mine: remembering }).sync.persistence).toEqual({ clients: 8, protected: 7 });
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
  expect(status(undefined, nodeReport, { transport: "vrrp" }).peer).toMatchObject({
    role: "backup",
    reachable: true,
    ready: true,
  });
  expect(status(undefined, undefined, { transport: "vrrp" }).peer).toMatchObject({ reachable: false, silent: true });
  const { ready: _, maintenance: __, ...advertised } = heard;
  const active: PeerView = { ...advertised, role: "active", ready: undefined, maintenance: undefined };
  expect(status(active, undefined, { transport: "vrrp" }).peer).toEqual({
    node: "lb2",
    role: "active",
    reachable: true,
    ready: false,
    maintenance: false,
    priority: 90,
  });
});

it("takes the health of every server from the peer's report", () => {
  expect(healthOf(nodeReport)).toEqual({ "web/s1": "up" });
  expect(healthOf(undefined)).toEqual({});
});
