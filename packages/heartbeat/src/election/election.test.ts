import { instantOf, millisOf } from "@vipair/model";
import { describe, expect, it } from "vitest";
import type { Heartbeat } from "../heartbeat.js";
import { obstacles } from "../node/eligibility.js";
import { owns } from "../node/tenure.js";
import { electionConfig } from "./config.js";
import { activeDown, pair, Rehearsal } from "./rehearsal.js";
import { currentHeartbeat } from "./speech.js";

const failed = (track: string) => ({ type: "trackChanged", track, ok: false }) as const;
const passed = (track: string) => ({ type: "trackChanged", track, ok: true }) as const;

describe("lease", () => {
  it("that lapsed makes a backup of the node before the event reaches it", () => {
    const node = Rehearsal.active().stall(250).hear({ role: "active" });
    expect(node.reasons).toEqual(["leaseLapsed"]);
    expect(node.types).toEqual(["dropLease", "removeAddresses", "sendHeartbeat", "reportRole"]);
    expect(node.sent).toMatchObject([{ role: "backup", resigning: true, planned: false }]);
  });

  it("counts from the request, not from the outcome", () => {
    const node = Rehearsal.active();
    node.grantsLeases = false;
    node.idle(100);
    expect(node.stall(200).step({ type: "leaseRenewed" }).state).toMatchObject({
      role: "active",
      leaseUntil: node.now + 50,
    });
    expect(node.stall(50).step({ type: "leaseRenewed" }).reasons).toEqual(["leaseLapsed"]);
  });

  it("that is refused is asked for again, and given up as refused when it lapses", () => {
    const node = Rehearsal.active();
    node.grantsLeases = false;
    expect(node.step({ type: "leaseRefused", error: "EPERM" }).types).toEqual(["reportRefused"]);
    expect(node.idle(100).types).toContain("renewLease");
    expect(node.idle(200).reasons).toEqual(["kernelRefused"]);
    expect(node.idle(4_000).state.role).toBe("backup");
    expect(obstacles(node.config, node.state)).toEqual(["the kernel refused the lease or an address"]);
  });
});

describe("kernel", () => {
  it("that refuses an address ends ownership at once, for five seconds", () => {
    const node = Rehearsal.active().step({ type: "addressesRefused", error: "ENODEV" });
    expect(node.reasons).toEqual(["kernelRefused"]);
    expect(node.types.at(-1)).toBe("reportRefused");
    expect(node.idle(5_000 + activeDown(node) - 1).state.role).toBe("backup");
    expect(node.idle(1).reasons).toEqual(["silence"]);
  });

  it("gets a removed address back, with an announcement", () => {
    const node = Rehearsal.active().step({ type: "addressRemoved", address: "198.51.100.10/24" });
    expect(node.types).toEqual(["addAddresses", "announceAddresses", "reportRestored"]);
  });

  it("sees addresses refreshed twice a second and announced often at first, then every 30 seconds", () => {
    const node = Rehearsal.backup();
    const { types } = node.idle(activeDown(node) + 35_000 + 1);
    expect(types.filter((type) => type === "announceAddresses").length).toBe(7);
    expect(types.filter((type) => type === "addAddresses").length).toBe(71);
  });
});

describe("stalled backup", () => {
  it("looks at what arrived before it believes in silence, once", () => {
    const node = Rehearsal.backup().hear({ role: "active" }).stall(1_000);
    node.step({ type: "balancerHeard" }).step({ type: "deadlineReached" });
    expect(node.state.role).toBe("backup");
    expect(node.idle(100).reasons).toEqual(["silence"]);
  });

  it("that is stalled again and again takes over all the same", () => {
    const node = Rehearsal.backup().hear({ role: "active" });
    const nap = () => node.stall(1_000).step({ type: "balancerHeard" }).step({ type: "deadlineReached" });
    expect(nap().state.role).toBe("backup");
    expect(nap().reasons).toEqual(["silence"]);
  });

  it("does not act on a resignation from the beginning of the stall", () => {
    const node = Rehearsal.backup().hear({ role: "active" }).stall(1_000);
    node.hear({ resigning: true }).hear({ role: "active" });
    expect(node.step({ type: "deadlineReached" }).state.role).toBe("backup");
    expect(node.idle(200).state.role).toBe("backup");
  });

  it("acts on it one interval later when nothing else is heard", () => {
    const node = Rehearsal.backup().hear({ role: "active" }).stall(1_000).hear({ resigning: true });
    expect(node.state.role).toBe("backup");
    expect(node.idle(100).reasons).toEqual(["resignation"]);
  });
});

describe("vacancy", () => {
  it("is known from a peer that was active and now says that it is a backup", () => {
    expect(Rehearsal.backup().hear({ role: "active" }).hear({}).reasons).toEqual(["resignation"]);
    expect(Rehearsal.backup().hear({}).hear({}).state.role).toBe("backup");
  });

  it("is left alone by a node that is not eligible", () => {
    const node = Rehearsal.backup().hear({ role: "active" }).step({ type: "maintenanceChanged", on: true });
    expect(node.hear({ resigning: true }).idle(1_000).state.role).toBe("backup");
  });
});

describe("current heartbeat", () => {
  it("says how the node stands now, and nothing before it has started", () => {
    const speak = ({ config, state, now }: Rehearsal) => currentHeartbeat(config, state, now);
    expect(speak(new Rehearsal())).toBeUndefined();
    expect(speak(Rehearsal.active())).toMatchObject({ role: "active", resigning: false, hearing: true });
  });

  it("says nothing once the lease of an active node has lapsed unseen", () => {
    const { config, state, now } = Rehearsal.active();
    expect(currentHeartbeat(config, state, instantOf(now + 300))).toBeUndefined();
    expect([now, now + 300].map((at) => owns(state, instantOf(at)))).toEqual([true, false]);
    expect(owns(Rehearsal.backup().state, now)).toBe(false);
  });
});

describe("lifeline", () => {
  it("that closes with an active peer makes a takeover after the grace", () => {
    const node = Rehearsal.backup().hear({ role: "active" }).step({ type: "lifelineClosed" });
    expect(node.idle(4.9).state.role).toBe("backup");
    expect(node.idle(0.1).reasons).toEqual(["peerDied"]);
  });

  it("means nothing when a heartbeat follows, or when the peer was a backup", () => {
    const alive = Rehearsal.backup().hear({ role: "active" }).step({ type: "lifelineClosed" });
    expect(alive.hear({ role: "active" }).idle(100).state.role).toBe("backup");
    expect(Rehearsal.backup().hear({}).step({ type: "lifelineClosed" }).idle(100).state.role).toBe("backup");
  });

  it("makes an active node say at once that it lives", () => {
    expect(Rehearsal.active().step({ type: "lifelineClosed" }).sent).toMatchObject([
      { role: "active", hearing: false },
    ]);
  });
});

describe("eligibility", () => {
  it("ends with maintenance, a decisive track and a lost balancer, and begins with a whole active down interval", () => {
    const node = Rehearsal.backup().step({ type: "maintenanceChanged", on: true }).step(failed("script /bin/check"));
    expect(obstacles(node.config, node.state)).toEqual(["the node is in maintenance", "script /bin/check failed"]);
    expect(node.idle(2_000).state.role).toBe("backup");
    node.step({ type: "maintenanceChanged", on: false }).idle(1_000);
    expect(node.state.role).toBe("backup");
    node.step(passed("script /bin/check"));
    expect(node.idle(activeDown(node) - 1).state.role).toBe("backup");
    expect(node.idle(1).state.role).toBe("active");
  });

  it.each([
    ["interface eth0", "interfaceDown"],
    ["script /bin/check", "trackFailed"],
  ])("ends ownership when %s fails", (track, reason) => {
    const node = Rehearsal.active().step(failed(track));
    expect(node.reasons).toEqual([reason]);
    expect(node.sent).toMatchObject([{ resigning: true, planned: false, eligible: false }]);
  });

  it("loses priority, not ownership, with a weighted track", () => {
    const node = Rehearsal.active().step(failed("gateway 198.51.100.1"));
    expect(node.state.role).toBe("active");
    expect(node.idle(100).sent).toMatchObject([{ priority: 40 }]);
  });

  it("keeps priority at 1 or more", () => {
    const tracks = new Map([["a", 200]]);
    expect(Rehearsal.active({ tracks }).step(failed("a")).idle(100).sent).toMatchObject([{ priority: 1 }]);
  });

  it("ends ownership when the balancer is not heard for three seconds, and comes back with it", () => {
    const node = Rehearsal.active().step({ type: "balancerHeard" });
    expect(node.idle(3_000, { balancer: false }).reasons).toEqual(["balancerLost"]);
    expect(node.idle(2_000, { balancer: false }).state.role).toBe("backup");
    node.step({ type: "balancerHeard" });
    expect(node.idle(activeDown(node)).reasons).toEqual(["silence"]);
  });

  it("ends with the balancer's process: the agent exits", () => {
    const node = Rehearsal.active().step({ type: "balancerClosed" });
    expect(node.types).toEqual(["dropLease", "removeAddresses", "sendHeartbeat", "reportRole", "exit"]);
    expect(node.reasons).toEqual(["balancerLost"]);
  });
});

describe("hand-over", () => {
  const prepared = (force = false) => ({ type: "handoverPrepared", force }) as const;

  it("lets stray frames linger, resigns as planned, and is taken as planned", () => {
    const node = Rehearsal.active().step(prepared());
    expect(node.types).toEqual(["dropLease", "removeAddresses", "sendHeartbeat", "reportRole"]);
    expect(node.effects[0]).toEqual({ type: "dropLease", linger: 1_000 });
    expect(node.reasons).toEqual(["handover"]);
    const [resignation] = node.sent;
    expect(
      Rehearsal.backup()
        .hear({ role: "active" })
        .hear({ ...resignation }).reasons,
    ).toEqual(["handover"]);
  });

  it.each([
    [{ maintenance: true }, "the standby is in maintenance"],
    [{ eligible: false }, "the standby is not eligible: a decisive track failed or its kernel refused"],
  ])("is refused for a standby with %o, unless forced", (standing, reason) => {
    const node = Rehearsal.active().hear(standing).step(prepared());
    expect(node.effects).toEqual([{ type: "refuseHandover", reason }]);
    expect(node.step(prepared(true)).state.role).toBe("backup");
  });

  it("is refused without a standby, and by a node that is not active", () => {
    const node = Rehearsal.active().idle(500).step(prepared());
    expect(node.effects).toEqual([{ type: "refuseHandover", reason: "the standby is not heard" }]);
    expect(Rehearsal.backup().step(prepared()).types).toEqual(["refuseHandover"]);
    expect(new Rehearsal().step(prepared()).types).toEqual(["refuseHandover"]);
  });

  it("is not undone by preemption, until the peer ceased to be active", () => {
    const node = Rehearsal.active({ preempt: true }).step(prepared());
    node.step({ type: "readinessChanged", ready: true });
    for (let i = 0; i < 10; i++) node.idle(100).hear({ role: "active", priority: 50 });
    expect(node.idle(100).sent).toMatchObject([{ claiming: false }]);
    node.step({ type: "maintenanceChanged", on: true }).step({ type: "maintenanceChanged", on: false });
    expect(node.idle(100).sent).toMatchObject([{ claiming: true }]);
  });

  it("may be undone by preemption once the peer ceased to be active", () => {
    const node = Rehearsal.active({ preempt: true }).step(prepared()).hear({ role: "active", priority: 50 });
    node
      .step({ type: "readinessChanged", ready: true })
      .step(failed("script /bin/check"))
      .hear({})
      .step(passed("script /bin/check"));
    expect(node.hear({ role: "active", priority: 50 }).idle(100).sent).toMatchObject([{ claiming: true }]);
  });

  it("leaves a node that is not ready, until the balancer says so again", () => {
    const node = Rehearsal.active().step(prepared());
    expect(node.sent).toMatchObject([{ planned: true, ready: false }]);
    expect(node.idle(100).sent).toMatchObject([{ ready: false }]);
    node.step({ type: "readinessChanged", ready: true });
    expect(node.idle(100).sent).toMatchObject([{ ready: true }]);
  });

  it("happens for maintenance", () => {
    const node = Rehearsal.active().step({ type: "maintenanceChanged", on: true });
    expect(node.reasons).toEqual(["handover"]);
    expect(node.sent).toMatchObject([{ planned: true, maintenance: true }]);
  });
});

describe("preemption", () => {
  const claim = { claiming: true, priority: 150 };

  it("claims after the delay, when everything holds that long", () => {
    const node = Rehearsal.backup({ preempt: true, preemptDelay: millisOf(300) });
    const claims: boolean[] = [];
    for (let i = 0; i < 6; i++) {
      claims.push(node.hear({ role: "active", priority: 50 }).idle(100).sent[0]?.claiming ?? false);
    }
    expect(claims).toEqual([false, false, true, true, true, true]);
    node.step({ type: "readinessChanged", ready: false });
    expect(node.idle(100).sent).toMatchObject([{ claiming: false }]);
  });

  it("does not claim from a node that does not hear it", () => {
    const node = Rehearsal.backup({ preempt: true }).hear({ role: "active", priority: 50, hearing: false });
    expect(node.idle(100).sent).toMatchObject([{ claiming: false }]);
  });

  it("asks the balancer once, and hands over without remembering it as the people's wish", () => {
    const node = Rehearsal.active({ preempt: true }).hear(claim);
    expect(node.types).toEqual(["requestHandover"]);
    expect(node.hear(claim).types).toEqual([]);
    expect(node.step({ type: "handoverPrepared", force: false }).state).toMatchObject({
      role: "backup",
      yielded: false,
    });
  });

  it("yields by itself when the balancer does not answer in two seconds", () => {
    const node = Rehearsal.active().hear(claim);
    for (let i = 0; i < 19; i++) node.idle(100).hear(claim);
    expect(node.state.role).toBe("active");
    expect(node.idle(100).reasons).toEqual(["handover"]);
  });

  it("forgets a claim that is withdrawn, and ignores one that is not justified", () => {
    expect(Rehearsal.active().hear(claim).hear({}).state).toMatchObject({ yieldAt: undefined });
    for (const flaw of [{ priority: 100 }, { ready: false }, { eligible: false }, { maintenance: true }]) {
      expect(Rehearsal.active().hear({ ...claim, ...flaw }).types).toEqual([]);
    }
  });
});

describe("reach", () => {
  const all = { carriersLost: 0, gatewaysLost: 0, serversUp: 1_000 };
  const isReady = { type: "readinessChanged", ready: true } as const;
  const counted = (up: number, lag = 0) => ({ type: "serversCounted", servers: { up, lag: millisOf(lag) } }) as const;
  const active = (reach: Heartbeat["reach"], changes: Partial<Heartbeat> = {}) =>
    ({ role: "active", reach, ...changes }) as const;
  /** Hears the active node say this for so long; answers after how much of it this one claimed first. */
  const claimAfter = (node: Rehearsal, ms: number, heartbeat: Partial<Heartbeat>): number | undefined => {
    for (let passed = 100; passed <= ms; passed += 100) {
      if (
        node
          .hear(heartbeat)
          .idle(100)
          .sent.some(({ claiming }) => claiming)
      )
        return passed;
    }
    return undefined;
  };

  it("is said in every heartbeat", () => {
    const node = Rehearsal.backup().step(failed("gateway 198.51.100.1")).step(counted(500));
    expect(node.idle(100).sent).toMatchObject([{ reach: { carriersLost: 0, gatewaysLost: 1, serversUp: 500 } }]);
  });

  it("makes the better placed standby claim after the delay, without preemption and of lower priority", () => {
    expect(claimAfter(Rehearsal.backup(), 5_000, active({ ...all, carriersLost: 1 }, { priority: 200 }))).toBe(2_000);
  });

  it("waits longer for what the two nodes notice at different times", () => {
    expect(claimAfter(Rehearsal.backup().step(counted(1_000, 700)), 5_000, active({ ...all, serversUp: 0 }))).toBe(
      2_700,
    );
    expect(claimAfter(Rehearsal.backup(), 6_000, active({ ...all, gatewaysLost: 1 }))).toBe(4_000);
  });

  it("moves nothing while it is equal, unknown or less", () => {
    for (const reach of [all, undefined]) expect(claimAfter(Rehearsal.backup(), 6_000, active(reach))).toBeUndefined();
    expect(claimAfter(Rehearsal.backup().step(counted(500)), 6_000, active(all))).toBeUndefined();
  });

  it("counts carriers before gateways, and gateways before servers", () => {
    const node = Rehearsal.backup().step(failed("gateway 198.51.100.1"));
    expect(claimAfter(node, 6_000, active({ ...all, serversUp: 0 }))).toBeUndefined();
    expect(claimAfter(node, 6_000, active({ ...all, carriersLost: 1 }))).toBe(2_000);
  });

  it("goes before priority: a preferred node that reaches less claims nothing", () => {
    const node = Rehearsal.backup({ preempt: true, priority: 200 }).step(counted(500));
    expect(claimAfter(node, 6_000, active(all))).toBeUndefined();
    expect(claimAfter(node.step(counted(1_000)), 6_000, active(all))).toBe(100);
  });

  it("gives way to a claim only where the own view agrees", () => {
    const claim = { claiming: true, reach: all };
    expect(Rehearsal.active().hear(claim).types).toEqual([]);
    const worse = Rehearsal.active().step(counted(500)).hear(claim);
    expect(worse.types).toEqual(["requestHandover"]);
    worse.step({ type: "handoverPrepared", force: false });
    expect(worse.reasons).toEqual(["betterPlaced"]);
    expect(worse.effects.at(-1)).toMatchObject({ reach: { ...all, serversUp: 500 }, peerReach: all });
    const preferred = { claiming: true, priority: 200, reach: { ...all, serversUp: 500 } };
    expect(Rehearsal.active().hear(preferred).types).toEqual([]);
  });

  it("is the reason of the takeover that follows a claim", () => {
    const node = Rehearsal.backup();
    claimAfter(node, 5_000, active({ ...all, serversUp: 0 }));
    expect(node.hear({ resigning: true, planned: true, reach: { ...all, serversUp: 0 } }).reasons).toEqual([
      "betterPlaced",
    ]);
  });

  it("moves nothing back for a while after this node gave way, neither by reach nor by priority", () => {
    const node = Rehearsal.active({ preempt: true }).step(counted(500)).hear({ claiming: true, reach: all });
    node.step({ type: "handoverPrepared", force: false }).step(counted(1_000)).step(isReady);
    const elsewhere = active({ ...all, gatewaysLost: 1 }, { priority: 50 });
    expect(claimAfter(node, 20_000, elsewhere)).toBe(10_000 + 4_000);
    const preferred = Rehearsal.active({ preempt: true }).step(counted(500)).hear({ claiming: true, reach: all });
    preferred.step({ type: "handoverPrepared", force: false }).step(counted(1_000)).step(isReady);
    expect(claimAfter(preferred, 20_000, active(all, { priority: 50 }))).toBe(10_000);
  });

  it("leaves with the worse placed node what people moved there, until the two were equal once", () => {
    const node = Rehearsal.active().hear({ reach: { ...all, serversUp: 500 } });
    node.step({ type: "handoverPrepared", force: false }).step(isReady);
    expect(claimAfter(node, 6_000, active({ ...all, serversUp: 500 }))).toBeUndefined();
    claimAfter(node, 200, active(all));
    expect(claimAfter(node, 6_000, active({ ...all, serversUp: 500 }))).toBe(2_000);
  });
});

describe("witness", () => {
  const alone = () => Rehearsal.backup({ needsWitness: true }).hear({ role: "active" });
  const asks = (node: Rehearsal) => node.types.filter((type) => type === "askWitness").length;

  it("is asked when a heartbeat is missed, and not before", () => {
    const node = alone().idle(100);
    expect(asks(node)).toBe(0);
    expect(asks(node.idle(200))).toBe(2);
    expect(asks(Rehearsal.backup().hear({ role: "active" }).idle(300))).toBe(0);
  });

  it("that answers lets silence decide when it always did", () => {
    const node = alone().idle(250).step({ type: "witnessReached" });
    expect(node.idle(activeDown(node) - 250 - 1).state.role).toBe("backup");
    expect(node.idle(1).reasons).toEqual(["silence"]);
  });

  it("that does not answer keeps the node backup, which says so once and asks on until it does", () => {
    const node = alone().idle(2_000);
    expect(node.state.role).toBe("backup");
    expect(node.types.filter((type) => type === "reportUnwitnessed")).toHaveLength(1);
    expect(asks(node)).toBeGreaterThan(15);
    expect(node.step({ type: "witnessReached" }).reasons).toEqual(["silence"]);
  });

  it("counts for nothing when it answered before this silence, or long ago", () => {
    const node = alone().idle(250).step({ type: "witnessReached" }).hear({ role: "active" });
    expect(node.idle(1_000).state.role).toBe("backup");
    const late = alone().step({ type: "maintenanceChanged", on: true }).step({ type: "witnessReached" }).idle(5_000);
    expect(late.step({ type: "maintenanceChanged", on: false }).idle(1_000).state.role).toBe("backup");
  });

  it("is not needed where somebody says that nobody is active, or a process is proven dead", () => {
    expect(alone().hear({ resigning: true }).reasons).toEqual(["resignation"]);
    expect(alone().step({ type: "lifelineClosed" }).idle(5).reasons).toEqual(["peerDied"]);
    const both = Rehearsal.backup({ needsWitness: true });
    for (let i = 0; i < 3; i++) both.hear({}).idle(100);
    expect(both.hear({}).idle(100).state.role).toBe("active");
  });
});

describe("conflict", () => {
  it("ends with this node when the other one stays deaf for more than two intervals", () => {
    const node = Rehearsal.active({ priority: 200 });
    const deaf = { role: "active", hearing: false } as const;
    expect(node.hear(deaf).idle(100).hear(deaf).idle(100).hear(deaf).state.role).toBe("active");
    expect(node.idle(100).hear(deaf).reasons).toEqual(["yielded"]);
  });

  it("leaves nobody waiting for longer than an active down interval when both gave way", () => {
    const weak = Rehearsal.active().hear({ role: "active", priority: 150 });
    expect(weak.hear({ priority: 150, resigning: true }).state.role).toBe("backup");
    expect(weak.idle(activeDown(weak)).state.role).toBe("active");
    const strong = Rehearsal.active({ priority: 200 });
    for (let i = 0; i < 4; i++) strong.idle(90).hear({ role: "active", hearing: false });
    expect(strong.state.role).toBe("backup");
    expect(strong.hear({ resigning: true }).reasons).toEqual(["resignation"]);
  });
});

describe("a peer that may have owned the addresses", () => {
  const announcements = (node: Rehearsal) => node.types.filter((type) => type === "announceAddresses").length;
  /** Active for so long that it announces every 30 seconds, and hears a standby all the while. */
  const settled = () => {
    const node = Rehearsal.active();
    for (let i = 0; i < 80; i++) node.idle(100).hear({ term: 1 });
    expect(announcements(node.idle(100))).toBe(0);
    return node;
  };

  it.each([
    ["resigns", (node: Rehearsal) => node.hear({ resigning: true, term: 1 })],
    ["has taken a term", (node: Rehearsal) => node.hear({ term: 2 })],
    ["was not heard for long", (node: Rehearsal) => node.idle(500).hear({ term: 1 })],
  ])("and %s makes the active node announce as often as after a takeover", (_what, speak) => {
    const node = speak(settled());
    expect(announcements(node)).toBe(1);
    expect(announcements(node.idle(200))).toBe(2);
    expect(announcements(node.idle(4_800))).toBe(3);
  });

  it("is not one that was a standby all the while", () => {
    expect(announcements(settled().hear({ term: 1 }))).toBe(0);
  });
});

describe("after a conflict", () => {
  it("a resignation of the winner counts again once the winner was heard", () => {
    const node = Rehearsal.active().hear({ role: "active", priority: 150 }).hear({ role: "active", priority: 150 });
    expect(node.hear({ priority: 150, resigning: true }).reasons).toEqual(["resignation"]);
  });
});

describe("configuration", () => {
  it("gives each node its own view of the pair", () => {
    const config = electionConfig(pair, "lb2");
    expect(config).toMatchObject({ address: { text: "192.0.2.2" }, peerAddress: { text: "192.0.2.1" }, leaseTtl: 250 });
    expect([...config.tracks]).toEqual([
      ["interface eth0", undefined],
      ["gateway 198.51.100.1", 60],
      ["script /bin/check", undefined],
    ]);
    expect(() => electionConfig(pair, "lb3")).toThrow("no node lb3 in pair test");
  });
});
