import type { AgentReport, PeerView } from "@vipair/agent";
import { instantOf, type NodeReport } from "@vipair/model";
import { expect, it } from "vitest";
import { nodeReport } from "./example.fixture.js";
import { handoverObstacles } from "./obstacles.js";

const fit: PeerView = {
  heardAt: instantOf(0),
  role: "backup",
  reachable: true,
  ready: true,
  eligible: true,
  maintenance: false,
  priority: 100,
  hearing: true,
  sameConfig: true,
  reach: undefined,
  older: false,
};
const obstacles = (
  peer: Partial<PeerView> | undefined,
  { connected = true, missing = [] as string[], running = true } = {},
) =>
  handoverObstacles({
    transport: "udp",
    agent: running ? ({ peer: peer && { ...fit, ...peer } } as AgentReport) : undefined,
    link: { connected },
    peerName: "lb2",
    peerReport: { ...nodeReport, missing },
  });

it("finds none against a fit standby", () => expect(obstacles({})).toEqual([]));

it.each([
  [obstacles({}, { running: false }), ["the heartbeat agent is not running"]],
  [obstacles(undefined), ["lb2 is not heard"]],
  [obstacles({ reachable: false, maintenance: true }), ["lb2 is not heard"]],
  [obstacles({ maintenance: true, eligible: false }), ["lb2 is in maintenance"]],
  [obstacles({ eligible: false }), [expect.stringContaining("can not become active")]],
  [obstacles({ hearing: false }), ["lb2 does not hear this node"]],
  [obstacles({ ready: false }, { connected: false }), [expect.stringContaining("the peer link is down")]],
  [obstacles({ ready: false }, { missing: ["no rules", "no health"] }), ["lb2: no rules", "lb2: no health"]],
  [obstacles({ ready: false }), ["lb2 is not ready"]],
  [
    obstacles({ maintenance: true, hearing: false, ready: false }),
    ["lb2 is in maintenance", "lb2 does not hear this node", "lb2 is not ready"],
  ],
])("names each: %#", (found, expected) => expect(found).toEqual(expected));

it("gives the standby's own words why it cannot become active", () => {
  const takeover = { obstacles: ["gateway 198.51.100.1 failed"], silenceMs: 361 };
  const found = handoverObstacles({
    transport: "udp",
    agent: { peer: { ...fit, eligible: false } } as AgentReport,
    link: { connected: true },
    peerName: "lb2",
    peerReport: { ...nodeReport, takeover },
  });
  expect(found).toEqual(["lb2 can not become active: gateway 198.51.100.1 failed"]);
});

const silent = (report: Partial<NodeReport> | undefined) =>
  handoverObstacles({
    transport: "vrrp",
    agent: { peer: undefined } as AgentReport,
    link: { connected: report !== undefined },
    peerName: "lb2",
    peerReport: report && { ...nodeReport, ...report },
  });

it("believes the peer link alone of a peer that is silent, as a backup of VRRP is", () => {
  expect(silent({})).toEqual([]);
  expect(silent(undefined)).toEqual([expect.stringContaining("there is no peer link to lb2")]);
  expect(silent({ maintenance: true, ready: false })).toEqual(["lb2 is in maintenance", "lb2 is not ready"]);
  expect(silent({ role: "initialize" })).toEqual(["lb2 is not a backup, but initialize"]);
});
