import { millisOf, parseAddress } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { downInterval, RouterRehearsal } from "./rehearsal.js";

const address = (text: string) => parseAddress(text);
const takeover = ["renewLease", "sendAdvertisement", "addAddresses", "announceAddresses", "reportRole"];
const second = millisOf(1_000);
/** 3 × 1 s + (256 − 100) × 1 s / 256. */
const downAtOneSecond = 3_609.375;

describe("RFC 9568 § 6.1: parameters", () => {
  it("Active_Down_Interval is three of the Active's intervals and the Skew_Time", () => {
    const node = RouterRehearsal.backup();
    expect(node.state).toMatchObject({ activeDownAt: node.now + 360.9375 });
    node.hear({ interval: second });
    expect(node.state).toMatchObject({ activeDownAt: node.now + downAtOneSecond });
  });
});

describe("RFC 9568 § 6.4.1: Initialize", () => {
  it("sends nothing and waits for nothing", () => {
    const node = new RouterRehearsal().hear({ priority: 0 });
    expect(node.idle(60_000).effects).toEqual([]);
    expect(node.state.role).toBe("initialize");
  });

  it("Startup: Active_Adver_Interval is Advertisement_Interval, Active_Down_Timer starts, Backup", () => {
    const node = new RouterRehearsal().step({ type: "started" });
    expect(node.state).toMatchObject({
      role: "backup",
      activeInterval: 100,
      activeDownAt: node.now + downInterval(node),
    });
    expect(node.types).toEqual(["reportRole"]);
  });
});

describe("RFC 9568 § 6.4.2: Backup", () => {
  it("says nothing", () => {
    const node = RouterRehearsal.backup();
    for (let i = 0; i < 30; i++) expect(node.idle(100).hear({}).types).toEqual([]);
    expect(node.state.role).toBe("backup");
  });

  it("Shutdown: Initialize, without a word", () => {
    const node = RouterRehearsal.backup().step({ type: "stopRequested" });
    expect(node.types).toEqual(["reportRole", "exit"]);
    expect(node.step({ type: "started" }).state.role).toBe("initialize");
  });

  it("Active_Down_Timer: sends an ADVERTISEMENT, announces, Active", () => {
    const node = RouterRehearsal.backup();
    expect(node.idle(downInterval(node) - 0.01).state.role).toBe("backup");
    expect(node.idle(0.01).types).toEqual(takeover);
    expect(node.sent).toEqual([100]);
    expect(node.reasons).toEqual(["silence"]);
    expect(node.state).toMatchObject({ role: "active", adverAt: node.now + 100 });
  });

  it("priority 0: Active_Down_Timer is Skew_Time, of the Active's interval", () => {
    const node = RouterRehearsal.backup().hear({ interval: second }).hear({ priority: 0 });
    expect(node.idle(609.374).state.role).toBe("backup");
    expect(node.idle(0.001).reasons).toEqual(["resignation"]);
    expect(node.types).toEqual(takeover);
  });

  it("priority 0, and then another Active: waits again", () => {
    const node = RouterRehearsal.backup().hear({ priority: 0 }).idle(30).hear({});
    expect(node.state).toMatchObject({ activeDownAt: node.now + downInterval(node), resigned: false });
  });

  it.each([100, 200, 255])(
    "priority %i, not below its own: learns the interval, restarts Active_Down_Timer",
    (priority) => {
      const node = RouterRehearsal.backup({ preempt: true }).idle(200).hear({ priority, interval: second });
      expect(node.state).toMatchObject({ activeInterval: 1_000, activeDownAt: node.now + downAtOneSecond });
    },
  );

  it("Preempt_Mode False: a lesser priority is as good", () => {
    const node = RouterRehearsal.backup().idle(200).hear({ priority: 1, interval: second });
    expect(node.state).toMatchObject({ activeInterval: 1_000, activeDownAt: node.now + downAtOneSecond });
  });

  it("Preempt_Mode True: an ADVERTISEMENT of a lesser priority is discarded, and the timer fires", () => {
    const node = RouterRehearsal.backup({ preempt: true });
    const end = node.now + downInterval(node);
    while (node.now + 50 < end) expect(node.idle(50).hear({ priority: 99, interval: second }).types).toEqual([]);
    expect(node.state).toMatchObject({ activeInterval: 100, activeDownAt: end });
    expect(node.idle(end - node.now).reasons).toEqual(["preemption"]);
    expect(node.types).toEqual(takeover);
  });
});

describe("RFC 9568 § 6.4.3: Active", () => {
  it("Adver_Timer: an ADVERTISEMENT in every Advertisement_Interval, with the lease renewed before", () => {
    const node = RouterRehearsal.active();
    for (let i = 0; i < 30; i++) {
      const types = node.idle(100).types.filter((type) => type === "renewLease" || type === "sendAdvertisement");
      expect(types).toEqual(["renewLease", "sendAdvertisement"]);
      expect(node.sent).toEqual([100]);
    }
  });

  it("Shutdown: an ADVERTISEMENT with priority 0 once nothing is owned, Initialize", () => {
    const node = RouterRehearsal.active().step({ type: "stopRequested" });
    expect(node.types).toEqual(["dropLease", "removeAddresses", "sendAdvertisement", "reportRole", "exit"]);
    expect(node.sent).toEqual([0]);
    expect(node.state.role).toBe("initialize");
  });

  it("priority 0: sends an ADVERTISEMENT, and the next one a whole interval later", () => {
    const node = RouterRehearsal.active().idle(70).hear({ priority: 0 });
    expect(node.sent).toEqual([100]);
    expect(node.state).toMatchObject({ role: "active", adverAt: node.now + 100 });
  });

  it.each([101, 255])("priority %i, above its own: Backup of that router, without a word", (priority) => {
    const node = RouterRehearsal.active().hear({ priority, interval: second });
    expect(node.sent).toEqual([]);
    expect(node.types.slice(0, 2)).toEqual(["dropLease", "removeAddresses"]);
    expect(node.effects[0]).toEqual({ type: "dropLease", linger: 0 });
    expect(node.state).toMatchObject({
      role: "backup",
      activeInterval: 1_000,
      activeDownAt: node.now + downAtOneSecond,
    });
  });

  it.each([
    ["198.51.100.2", "198.51.100.3", "active"],
    ["198.51.100.3", "198.51.100.3", "active"],
    ["198.51.100.3", "198.51.100.2", "backup"],
    // Unsigned, in network byte order.
    ["198.51.100.200", "198.51.100.3", "backup"],
    ["10.0.0.1", "9.255.255.255", "backup"],
    ["fe80::2", "fe80::10", "active"],
    ["fe80::8000:0:0:1", "fe80::1", "backup"],
  ])("equal priorities, sender %s, own address %s: %s", (sender, local, role) => {
    const advert = { sender: address(sender), local: address(local) } as object;
    expect(RouterRehearsal.active().hear(advert).state.role).toBe(role);
  });

  it("any other: discards it and sends one immediately, without touching Adver_Timer", () => {
    const node = RouterRehearsal.active().idle(30);
    const { adverAt } = node.state as { adverAt: number };
    for (let i = 0; i < 3; i++) expect(node.hear({ priority: 99, interval: second }).sent).toEqual([100]);
    expect(node.state).toMatchObject({ role: "active", activeInterval: 100, adverAt });
  });
});
