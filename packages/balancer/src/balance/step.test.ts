import { instantOf, millisOf } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { BalanceRun, dns, http, owa, server } from "../example.js";
import { nextDeadline } from "./deadline.js";
import { healthRecord, knownHealth, serviceViews } from "./report.js";
import { whyServer } from "./why.js";

const up = () => true;
const down = () => false;
const onlyEx2 = (key: string) => key === "owa/ex2";
const drain = { type: "adminChanged", service: "owa", server: "ex1", admin: "draining" } as const;

describe("a node that starts", () => {
  it("asks for a ruleset first, then probes at once", () => {
    const run = new BalanceRun([owa]);
    expect(
      run
        .run(0, () => undefined)
        .take()
        .map(({ type }) => type),
    ).toEqual(["probe", "probe", "applyRuleset"]);
    expect(run.eligible()).toEqual([]);
    expect(knownHealth(run.state)).toBe(false);
  });

  it("knows its servers after one answer each", () => {
    const run = new BalanceRun([owa]).run(0, onlyEx2);
    expect(knownHealth(run.state)).toBe(true);
    expect(run.eligible()).toEqual(["ex2"]);
    expect(healthRecord(run.state)).toEqual({ "owa/ex1": "down", "owa/ex2": "up" });
  });

  it("takes servers without checks for up, and never probes them", () => {
    const run = new BalanceRun([dns]).run(10_000, up);
    expect(run.take().map(({ type }) => type)).toEqual(["applyRuleset"]);
    expect(run.eligible("dns")).toEqual(["ns1", "ns2"]);
    expect(serviceViews(run.state)[0]?.servers[0]).toMatchObject({ health: "up", because: "no check" });
    expect(nextDeadline(run.state)).toBeUndefined();
  });

  it("believes the peer until its own probes have answered", () => {
    const run = new BalanceRun([owa]).run(0, () => undefined);
    run.step({ type: "peerHealthReceived", servers: { "owa/ex1": "up", "owa/ex2": "down" } });
    expect(run.eligible()).toEqual(["ex1"]);
    expect(knownHealth(run.state)).toBe(false);
    const other = new BalanceRun([owa]).run(0, onlyEx2);
    other.step({ type: "peerHealthReceived", servers: { "owa/ex1": "up", "owa/ex2": "down" } });
    expect(other.eligible()).toEqual(["ex2"]);
    expect(serviceViews(other.state)[0]?.servers[0]).toMatchObject({ health: "down", peerHealth: "up" });
  });
});

describe("health", () => {
  it("takes a server out after `fall` failures and back in after `rise` successes", () => {
    const run = new BalanceRun([owa]).run(0, up);
    run.take();
    run.run(7_000, onlyEx2);
    expect(run.eligible()).toEqual(["ex2"]);
    const effects = run.take().filter(({ type }) => type !== "probe");
    expect(effects).toEqual([
      {
        type: "reportHealth",
        service: "owa",
        server: "ex1",
        from: "up",
        to: "down",
        because: "connection refused",
      },
      { type: "applyRuleset", ruleset: run.ruleset },
    ]);
    expect(run.run(5_000, up).eligible()).toEqual(["ex1", "ex2"]);
  });

  it("says how far a run of failures has come", () => {
    const run = new BalanceRun([owa]).run(0, up).run(2_500, down);
    expect(serviceViews(run.state)[0]?.servers[0]?.because).toBe("connection refused, failure 1 of 3");
  });

  it("cuts the UDP flows of a server that goes down, after the ruleset leads elsewhere", () => {
    const run = new BalanceRun([{ ...dns, health: [{ type: "tcp", port: 53 }], fall: 1 }]).run(0, up);
    run.take();
    run.run(3_000, (key) => key === "dns/ns2");
    const [report, apply, cut] = run.take().filter(({ type }) => type !== "probe");
    expect([report?.type, apply?.type]).toEqual(["reportHealth", "applyRuleset"]);
    expect(cut).toMatchObject({ type: "cutConnections", server: "ns1", which: "udp", reason: "connection refused" });
  });

  it("never starts a probe while the one before it is running, and ignores answers of other rounds", () => {
    const run = new BalanceRun([owa]).run(60_000, () => undefined);
    expect(run.take().filter(({ type }) => type === "probe")).toHaveLength(2);
    const answer = { type: "probeAnswered", service: "owa", server: "ex1", ok: true, because: "" } as const;
    run.step({ ...answer, round: 99 });
    expect(healthRecord(run.state)["owa/ex1"]).toBe("unknown");
    run.step({ ...answer, round: 1 });
    expect(healthRecord(run.state)["owa/ex1"]).toBe("up");
    expect(nextDeadline(run.state)).toBeLessThanOrEqual(run.now + 2_000);
  });
});

describe("the operator", () => {
  it("drains: no new connections, and at the deadline the old ones end", () => {
    const run = new BalanceRun([{ ...owa, health: [] }]).run(0, up);
    run.take();
    run.step({ ...drain, deadline: millisOf(600_000) });
    expect(run.eligible()).toEqual(["ex2"]);
    expect(run.take().map(({ type }) => type)).toEqual(["reportAdmin", "applyRuleset"]);
    expect(nextDeadline(run.state)).toBe(run.now + 600_000);
    expect(run.run(600_000, up).take()).toMatchObject([{ type: "cutConnections", server: "ex1", which: "all" }]);
    expect(nextDeadline(run.state)).toBeUndefined();
  });

  it("disables: everything ends at once", () => {
    const run = new BalanceRun([owa]).run(0, up);
    run.take();
    run.step({ ...drain, admin: "disabled" });
    const types = run.take().map(({ type }) => type);
    expect(types).toEqual(["reportAdmin", "applyRuleset", "cutConnections"]);
    expect(run.step({ ...drain, admin: "disabled" }).take()).toEqual([]);
  });

  it("enables again", () => {
    const run = new BalanceRun([owa])
      .run(0, up)
      .step(drain)
      .step({ ...drain, admin: "enabled" });
    expect(run.eligible()).toEqual(["ex1", "ex2"]);
  });

  it("is heard for servers that exist only", () => {
    const run = new BalanceRun([owa]).run(0, up);
    run.take();
    expect(run.step({ ...drain, server: "ex9" }).take()).toEqual([]);
  });
});

describe("a reload", () => {
  it("keeps health and admin state of servers that stay", () => {
    const run = new BalanceRun([owa]).run(0, onlyEx2).step(drain);
    const servers = [...owa.servers, server("ex3", "10.77.2.13:443")];
    run.step({ type: "servicesReplaced", services: [{ ...owa, servers }] });
    const views = serviceViews(run.state)[0]?.servers.map(({ health, admin }) => `${health} ${admin}`);
    expect(views).toEqual(["down draining", "up enabled", "unknown enabled"]);
    expect(run.run(0, up).eligible()).toEqual(["ex2", "ex3"]);
  });

  it("takes a server with another address for another server", () => {
    const run = new BalanceRun([owa]).run(0, up);
    run.step({ type: "servicesReplaced", services: [{ ...owa, servers: [server("ex1", "10.77.2.21:443")] }] });
    expect(healthRecord(run.state)).toEqual({ "owa/ex1": "unknown" });
  });

  it("cuts the UDP flows of servers that are gone", () => {
    const run = new BalanceRun([dns]).run(0, up);
    run.take();
    run.step({ type: "servicesReplaced", services: [{ ...dns, servers: dns.servers.slice(1) }] });
    expect(run.take()).toMatchObject([
      { type: "applyRuleset" },
      { type: "cutConnections", server: "ns1", which: "udp" },
    ]);
  });

  it("moves on to other intervals at once", () => {
    const slow = { ...owa, interval: millisOf(3_600_000) };
    const run = new BalanceRun([slow]).run(0, up);
    run.step({ type: "servicesReplaced", services: [owa] });
    expect(nextDeadline(run.state)).toBeLessThanOrEqual(instantOf(run.now + 2_000));
  });

  it("starts and ends probing with the checks", () => {
    const run = new BalanceRun([{ ...owa, health: [] }]).run(0, up);
    run.step({ type: "servicesReplaced", services: [owa] });
    expect(knownHealth(run.state)).toBe(false);
    run.run(0, down).step({ type: "servicesReplaced", services: [{ ...owa, health: [] }] });
    expect(run.eligible()).toEqual(["ex1", "ex2"]);
    expect(nextDeadline(run.state)).toBeUndefined();
  });
});

describe("whyServer", () => {
  const why = (run: BalanceRun) => whyServer(run.state, "owa", "ex1").join(" ");

  it("explains with the rules that decided", () => {
    const run = new BalanceRun([owa]).run(0, up);
    expect(why(run)).toBe(
      "owa/ex1 gets new connections. It is up: connected in 1 ms. Its weight of 1 among 2 servers makes 50 % of them.",
    );
    expect(why(run.step(drain))).toBe(
      "owa/ex1 gets no new connections. The operator is draining it: the connections it has may live on. " +
        "New connections go to ex2.",
    );
  });

  it("names the sorry server, or the refusal", () => {
    const run = new BalanceRun([owa]).run(0, down);
    expect(why(run)).toBe(
      "owa/ex1 gets no new connections. It is down: connection refused. No server is left: new connections are refused.",
    );
    const sorry = server("sorry", "10.77.2.99:443").address;
    expect(why(new BalanceRun([{ ...owa, sorry }]).run(0, down))).toMatch(
      /go to the sorry server 10\.77\.2\.99:443\.$/,
    );
  });

  it("says which node sees what", () => {
    const run = new BalanceRun([owa]).run(0, () => undefined);
    expect(why(run)).toMatch(/Its health is unknown: no probe has answered yet\./);
    run.step({ type: "peerHealthReceived", servers: { "owa/ex1": "up" } });
    expect(why(run)).toMatch(/gets new connections\. This node has not probed it yet; the other node sees it up\./);
  });

  it("knows which servers there are", () => {
    expect(whyServer(new BalanceRun([owa, http]).state, "http", "x")).toEqual(["There is no server http/x."]);
  });
});

describe("ownership", () => {
  it("changes what becomes of strays, and tells when a planned hand-over is over", () => {
    const run = new BalanceRun([owa]).run(0, up);
    run.take();
    run.step({ type: "ownershipTaken" }).step({ type: "peerSettled", settled: true });
    expect(run.ruleset.strays).toBe("drop");
    expect(run.run(2_000, up).ruleset.strays).toBe("reset");
    expect(run.step({ type: "ownershipLost", planned: true }).ruleset.strays).toBe("passOn");
    expect(run.take().filter(({ type }) => type === "applyRuleset")).toHaveLength(2);
    expect(run.run(1_500, up).ruleset.strays).toBe("drop");
    expect(run.take().map(({ type }) => type)).toContain("reportPassedOn");
  });
});
