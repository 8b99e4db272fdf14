import type { AgentReport } from "@vipair/agent";
import { describe, expect, it } from "vitest";
import { missingForReadiness, type ReadinessParts } from "./readiness.js";

/** A node of which nothing is missing, but for what a test says. */
function missing(parts: Partial<ReadinessParts>, agent: Partial<AgentReport> = {}): string[] {
  return missingForReadiness({
    transport: "udp",
    balancer: { rules: { applied: true }, healthKnown: true } as ReadinessParts["balancer"],
    agent: { role: "backup", peer: { role: "active", sameConfig: true }, ...agent } as AgentReport,
    linkConnected: true,
    stability: { held: undefined },
    replicator: { missing: undefined },
    ...parts,
  });
}
const replicator = { missing: "the active node has not begun to send its connections" };

describe("readiness", () => {
  it("is given when everything is in step", () => {
    expect(missing({})).toEqual([]);
  });
  it("needs the active node's connections, also before it is heard that there is one", () => {
    expect(missing({ replicator })).toEqual([replicator.missing]);
    const thawed = { peer: { role: "backup", sameConfig: true } } as Partial<AgentReport>;
    expect(missing({ replicator }, thawed)).toEqual([replicator.missing]);
    expect(missing({ replicator }, { role: "initialize", peer: undefined })).toEqual([replicator.missing]);
  });
  it("asks nothing of an active node", () => {
    expect(missing({ replicator }, { role: "active" })).toEqual([]);
  });
  it("needs the peer link, unless the other router may be of any kind", () => {
    expect(missing({ linkConnected: false })).toEqual(["the peer link is down"]);
    expect(missing({ linkConnected: false, replicator, transport: "vrrp" })).toEqual([]);
  });
  it("is not given to a node that is held back", () => {
    expect(missing({ stability: { held: "it keeps ending" } })).toEqual(["it keeps ending"]);
  });
  it("needs the agent, and the same configuration on both nodes", () => {
    expect(missing({ agent: undefined })).toEqual(["the heartbeat agent is not running"]);
    expect(missing({}, { peer: { sameConfig: false } } as Partial<AgentReport>)).toHaveLength(1);
  });
});
