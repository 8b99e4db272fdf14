import { instantOf, millisOf, type Pair } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { skewTime } from "../node/timing.js";
import { electionConfig } from "./config.js";
import { activeDown, pair, Rehearsal } from "./rehearsal.js";
import { initialElection } from "./state.js";
import { activeDownInterval } from "./timing.js";

const takeover = ["renewLease", "sendHeartbeat", "addAddresses", "announceAddresses", "reportRole"];
const farewell = ["dropLease", "removeAddresses", "sendHeartbeat", "reportRole"];

describe("RFC 9568 § 6.1: parameters of a virtual router", () => {
  it("Skew_Time is (256 − priority) × Active_Adver_Interval / 256", () => {
    expect(skewTime(254, millisOf(1_000))).toBe(7.8125);
    expect(skewTime(100, millisOf(1_000))).toBe(609.375);
  });
});

describe("Active_Down_Interval departs from RFC 9568 § 6.1", () => {
  it("by an eighth of an interval between the two nodes, and stays within four intervals", () => {
    const [first, second] = pair.nodes;
    for (const [one, other] of [
      [100, 100],
      [101, 100],
      [100, 101],
      [1, 254],
      [254, 1],
    ] as const) {
      const ranked = [
        { ...first, priority: one },
        { ...second, priority: other },
      ] as const;
      const [lb1, lb2] = ["lb1", "lb2"].map((name) => downOf({ ...pair, nodes: ranked }, name));
      expect(Math.abs((lb1 ?? 0) - (lb2 ?? 0))).toBeGreaterThanOrEqual(12.5);
      expect(Math.min(lb1 ?? 0, lb2 ?? 0)).toBeGreaterThan(300);
      expect(Math.max(lb1 ?? 0, lb2 ?? 0)).toBeLessThan(400);
      expect((lb1 ?? 0) < (lb2 ?? 0)).toBe(one > other);
    }
  });
});

function downOf(explained: Pair, name: string): number {
  const config = electionConfig(explained, name);
  return activeDownInterval(config, initialElection(config, instantOf(0)));
}

describe("RFC 9568 § 6.4.1: Initialize", () => {
  it("sends nothing and waits for nothing", () => {
    const node = new Rehearsal().hear({ role: "active" });
    expect(node.effects).toEqual([]);
    expect(node.idle(10_000).effects).toEqual([]);
  });

  it("starts as Backup with Active_Down_Timer at Active_Down_Interval", () => {
    const node = new Rehearsal().step({ type: "started" });
    expect(node.state).toMatchObject({ role: "backup", activeDownAt: node.now + activeDown(node) });
    expect(node.reasons).toEqual(["start"]);
  });
});

describe("RFC 9568 § 6.4.2: Backup", () => {
  it("becomes Active when Active_Down_Timer fires: leases, adds, announces, advertises", () => {
    const node = Rehearsal.backup();
    expect(node.idle(activeDown(node) - 0.01).state.role).toBe("backup");
    expect(node.idle(0.01).state.role).toBe("active");
    expect(node.types).toEqual(takeover);
    expect(node.reasons).toEqual(["silence"]);
    expect(node.sent).toMatchObject([{ role: "active", term: 1 }]);
  });

  it("restarts Active_Down_Timer with every heartbeat of the Active, at the Active's interval", () => {
    const node = Rehearsal.backup()
      .idle(200)
      .hear({ role: "active", interval: millisOf(1_000) });
    expect(node.state).toMatchObject({ activeInterval: 1_000, activeDownAt: node.now + 10 * activeDown(node) });
  });

  it("does not restart it for a heartbeat of a Backup", () => {
    const node = Rehearsal.backup();
    const before = node.state;
    expect(node.idle(50).hear({}).state).toMatchObject({
      activeDownAt: (before as { activeDownAt: number }).activeDownAt,
    });
  });

  it("takes over at once when the Active resigns (priority 0; no skew for a single backup)", () => {
    const node = Rehearsal.backup().hear({ role: "active", term: 7 }).idle(50).hear({ resigning: true });
    expect(node.types).toEqual(takeover);
    expect(node.reasons).toEqual(["resignation"]);
    expect(node.state.term).toBe(8);
  });

  it("with preemption keeps listening to a lesser Active, and claims instead of outshouting", () => {
    const node = Rehearsal.backup({ preempt: true }).hear({ role: "active", priority: 50 });
    for (let i = 0; i < 20; i++) node.idle(100).hear({ role: "active", priority: 50 });
    expect(node.state.role).toBe("backup");
    expect(node.idle(100).sent).toMatchObject([{ role: "backup", claiming: true }]);
  });

  it("on Shutdown returns to Initialize", () => {
    const node = Rehearsal.backup().step({ type: "stopRequested" });
    expect(node.state.role).toBe("initialize");
    expect(node.types).toEqual(["reportRole", "exit"]);
    expect(node.step({ type: "started" }).state.role).toBe("initialize");
  });
});

describe("RFC 9568 § 6.4.3: Active", () => {
  it("says its first heartbeat twice, a twentieth of an interval apart, and from then on keeps the interval", () => {
    const node = Rehearsal.backup();
    expect(node.idle(activeDown(node)).sent.at(-1)).toMatchObject({ role: "active", term: 1 });
    expect(node.idle(4.99).sent).toEqual([]);
    expect(node.idle(0.01).sent).toMatchObject([{ role: "active", term: 1 }]);
    expect(node.idle(99.99).sent).toEqual([]);
    expect(node.idle(0.01).sent).toHaveLength(1);
  });

  it("advertises at every interval, with the lease renewed before", () => {
    const node = Rehearsal.active();
    for (let i = 0; i < 30; i++) {
      const types = node.idle(100).types.filter((type) => type === "renewLease" || type === "sendHeartbeat");
      expect(types).toEqual(["renewLease", "sendHeartbeat"]);
    }
  });

  it("on Shutdown resigns and returns to Initialize", () => {
    const node = Rehearsal.active().step({ type: "stopRequested" });
    expect(node.types).toEqual([...farewell, "exit"]);
    expect(node.sent).toMatchObject([{ role: "backup", resigning: true, planned: true }]);
    expect(node.effects[0]).toEqual({ type: "dropLease", linger: 1_000 });
    expect(node.state.role).toBe("initialize");
  });

  it("answers a resignation (priority 0) with a heartbeat at once, and announces again", () => {
    const node = Rehearsal.active().hear({ resigning: true });
    expect(node.types).toEqual(["announceAddresses", "sendHeartbeat"]);
  });

  it("yields to a greater priority", () => {
    const node = Rehearsal.active().hear({ role: "active", priority: 101 });
    expect(node.types).toEqual([...farewell, "reportConflict"]);
    expect(node.effects[0]).toEqual({ type: "dropLease", linger: 0 });
    expect(node.reasons).toEqual(["yielded"]);
  });

  it("between equal priorities yields to the greater address, compared as unsigned", () => {
    expect(Rehearsal.active().hear({ role: "active" }).state.role).toBe("backup");
    const { address, peerAddress } = new Rehearsal().config;
    const greater = Rehearsal.active({ address: peerAddress, peerAddress: address });
    expect(greater.hear({ role: "active" }).state.role).toBe("active");
    const high = { family: 4, text: "192.0.2.200" } as const;
    expect(Rehearsal.active({ address: high }).hear({ role: "active" }).state.role).toBe("active");
  });

  it("asserts itself at once against a lesser Active, and announces again", () => {
    const node = Rehearsal.active().hear({ role: "active", priority: 99 });
    expect(node.types).toEqual(["sendHeartbeat", "announceAddresses", "reportConflict"]);
    expect(node.hear({ role: "active", priority: 99 }).types).toEqual(["sendHeartbeat", "announceAddresses"]);
  });
});
