import { millisOf, parseAddress } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { downInterval, RouterRehearsal } from "./rehearsal.js";

const address = (text: string) => parseAddress(text) as NonNullable<ReturnType<typeof parseAddress>>;
const takeover = ["renewLease", "sendAdvertisement", "addAddresses", "announceAddresses", "reportRole"];
const lesser = { priority: 50 };

/** Hears a router of this priority for so long, in every half interval. */
function hearFor(node: RouterRehearsal, ms: number, advert: Parameters<RouterRehearsal["hear"]>[0] = {}): void {
  for (let passed = 0; passed < ms; passed += 50) node.idle(50).hear(advert);
}

describe("the lease", () => {
  it("ends before a router that keeps the timing of RFC 9568 takes over", () => {
    const { config } = new RouterRehearsal();
    // The shortest Active_Down_Interval is that of priority 254 and one of rounding.
    expect(config.leaseTtl).toBeLessThan(3 * config.interval);
  });

  it("is dropped before priority 0 is said", () => {
    const node = RouterRehearsal.active().step({ type: "trackChanged", track: "interface eth0", ok: false });
    expect(node.types).toEqual(["dropLease", "removeAddresses", "sendAdvertisement", "reportRole"]);
    expect(node.sent).toEqual([0]);
    expect(node.reasons).toEqual(["interfaceDown"]);
  });

  it("that lapsed in a stall makes a backup that says so, whatever comes first", () => {
    const node = RouterRehearsal.active().stall(260).hear(lesser);
    expect(node.reasons).toEqual(["leaseLapsed"]);
    expect(node.sent).toEqual([0]);
    expect(node.state).toMatchObject({ role: "backup", activeDownAt: node.now + downInterval(node) });
  });

  it("outlives any number of advertisements with priority 0, which reset Adver_Timer", () => {
    const node = RouterRehearsal.active();
    for (let i = 0; i < 20; i++) expect(node.idle(50).hear({ priority: 0 }).state.role).toBe("active");
  });

  it("that is refused for its whole length makes the node stand aside", () => {
    const node = RouterRehearsal.active();
    node.grantsLeases = false;
    node.step({ type: "leaseRefused", error: "EPERM" });
    expect(node.idle(300).reasons).toEqual(["kernelRefused"]);
    expect(node.state).toMatchObject({ role: "backup", activeDownAt: undefined });
    node.grantsLeases = true;
    expect(node.idle(5_000 + downInterval(node)).state.role).toBe("active");
  });
});

describe("a node that may not serve", () => {
  it.each([
    [
      { type: "trackChanged", track: "interface eth0", ok: false },
      { type: "trackChanged", track: "interface eth0", ok: true },
    ],
    [
      { type: "maintenanceChanged", on: true },
      { type: "maintenanceChanged", on: false },
    ],
  ] as const)("waits for nothing, and after it a whole Active_Down_Interval: %o", (out, back) => {
    const node = RouterRehearsal.backup().step(out);
    expect(node.hear({ priority: 0 }).idle(10_000).state.role).toBe("backup");
    node.step(back);
    expect(node.idle(downInterval(node) - 1).state.role).toBe("backup");
    expect(node.idle(1).types).toEqual(takeover);
  });

  it("loses priority by a weight, and says so with the next advertisement", () => {
    const node = RouterRehearsal.active().step({ type: "trackChanged", track: "gateway 198.51.100.1", ok: false });
    expect(node.idle(100).sent).toEqual([40]);
  });

  it("gives up ownership when the balancer falls silent", () => {
    const node = RouterRehearsal.active().idle(3_001, { balancer: false });
    expect(node.reasons).toEqual(["balancerLost"]);
    expect(node.sent.at(-1)).toBe(0);
  });
});

describe("preemption", () => {
  it("waits until the node is ready", () => {
    const node = RouterRehearsal.backup({ preempt: true }).step({ type: "readinessChanged", ready: false });
    hearFor(node, 2_000, lesser);
    expect(node.state.role).toBe("backup");
    node.step({ type: "readinessChanged", ready: true });
    hearFor(node, 500, lesser);
    expect(node.state.role).toBe("active");
  });

  it("waits for its delay, which a better router starts anew", () => {
    const node = RouterRehearsal.backup({ preempt: true, preemptDelay: millisOf(1_000) });
    hearFor(node, 900, lesser);
    hearFor(node, 100, { priority: 200 });
    hearFor(node, 1_000, lesser);
    expect(node.state.role).toBe("backup");
    hearFor(node, 500, lesser);
    expect(node.state.role).toBe("active");
  });

  it("is off after a hand-over on request, until the other router resigned or maintenance was switched", () => {
    const node = RouterRehearsal.active({ preempt: true }).step({ type: "handoverPrepared", force: false });
    hearFor(node, 5_000, lesser);
    expect(node.state.role).toBe("backup");
    expect(node.hear({ priority: 0 }).state.yielded).toBe(false);
  });

  it("that comes after silence is silence", () => {
    const node = RouterRehearsal.backup({ preempt: true }).hear({ priority: 50, interval: millisOf(40) });
    expect(node.idle(400).reasons).toEqual(["silence"]);
  });
});

describe("a planned hand-over", () => {
  it("lets stray frames pass for a while", () => {
    const node = RouterRehearsal.active().step({ type: "handoverPrepared", force: true });
    expect(node.effects[0]).toEqual({ type: "dropLease", linger: 1_000 });
    expect(node.sent).toEqual([0]);
    expect(node.reasons).toEqual(["handover"]);
  });

  it("knows no active router until one is heard, whoever was active before", () => {
    const node = RouterRehearsal.backup().hear(lesser);
    expect(node.state.peer).toMatchObject({ priority: 50 });
    expect(node.idle(400).state).toMatchObject({ role: "active", peer: undefined });
    expect(node.step({ type: "handoverPrepared", force: false }).state.peer).toBeUndefined();
    expect(node.hear(lesser).state.peer).toMatchObject({ priority: 50, heardAt: node.now });
  });

  it("to nobody ends with this node", () => {
    const node = RouterRehearsal.active().step({ type: "handoverPrepared", force: true });
    expect(node.idle(downInterval(node)).state).toMatchObject({ role: "active", yielded: false, peer: undefined });
  });
});

describe("a stall", () => {
  it("past Active_Down_Timer gets one interval to look, once", () => {
    const node = RouterRehearsal.backup().stall(1_000).step({ type: "deadlineReached" });
    expect(node.state).toMatchObject({ role: "backup", activeDownAt: node.now + 100 });
    expect(node.stall(1_000).step({ type: "deadlineReached" }).state.role).toBe("active");
  });
});

describe("another active router", () => {
  it("is reported once, and answered to with announcements once in an interval", () => {
    const node = RouterRehearsal.active().idle(10_000);
    expect(node.hear(lesser).types).toEqual(["sendAdvertisement", "announceAddresses", "reportConflict"]);
    let announced = 0;
    for (let i = 0; i < 100; i++) {
      announced += node.idle(10).types.filter((type) => type === "announceAddresses").length;
      expect(node.hear(lesser).types).toEqual(["sendAdvertisement"]);
    }
    expect(announced).toBeGreaterThanOrEqual(8);
    expect(announced).toBeLessThanOrEqual(10);
    expect(node.idle(1_000).hear(lesser).types).toContain("reportConflict");
  });
});

describe("several links", () => {
  const own = { local: address("198.51.100.2"), sender: address("198.51.100.3") };
  const own6 = { link: 1, local: address("fe80::3"), sender: address("fe80::2") };

  it("share one timer: an advertisement on one of them is enough", () => {
    const node = RouterRehearsal.backup();
    hearFor(node, 1_000, { link: 1 });
    expect(node.state.role).toBe("backup");
  });

  it("decide a tie on the first one where the other router is heard", () => {
    const loses = RouterRehearsal.active().hear({ ...own, priority: 99 });
    expect(loses.hear(own6).state.role).toBe("active");
    expect(loses.hear(own).state.role).toBe("backup");
    const wins = { ...own, local: own.sender, sender: own.local };
    const loses6 = { ...own6, local: own6.sender, sender: own6.local };
    expect(RouterRehearsal.active().hear(wins).hear(loses6).state.role).toBe("active");
    expect(RouterRehearsal.active().hear(wins).idle(400).hear(loses6).state.role).toBe("backup");
  });

  it("without an address of its own decide nothing", () => {
    expect(RouterRehearsal.active().hear({ ...own, local: undefined }).state.role).toBe("active");
  });
});

it("takes the next term after every one it has seen", () => {
  expect(RouterRehearsal.backup().step({ type: "termSeen", term: 41 }).idle(400).state.term).toBe(42);
  expect(RouterRehearsal.active().step({ type: "termSeen", term: 7 }).state.term).toBe(7);
});
