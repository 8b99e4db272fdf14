import { stripVTControlCharacters } from "node:util";
import { fullReach, type Reach, type StatusReport } from "@vipair/model";
import picocolors from "picocolors";
import { describe, expect, test } from "vitest";
import { exampleNow, exampleReport } from "../example.fixture.js";
import { statusLines } from "./status.js";

const plain = picocolors.createColors(false);
const show = (report: StatusReport) => statusLines(report, exampleNow, plain);
const text = (report: StatusReport) => `\n${show(report).join("\n")}\n`;

describe("status", () => {
  test("shows both nodes, what runs between them, addresses, services and servers", () => {
    expect(text(exampleReport)).toBe(`
lb1 ● active since 2 min: the peer fell silent
    this node, ready, priority 200, version 0.1.0
lb2 ○ backup since 3 h 12 min: the daemon started
    ready, priority 100, version 0.1.0

heartbeat  ✔ eth0 41 ms ago   ✔ sync 41 ms ago   ✘ lifeline never heard
sync       ✔ connected, 41210 of 41530 connections protected, lag 38 ms
addresses  ✔ 198.51.100.10/24 on eth0, held
           ✔ 10.77.2.254/24 on eth1, held

owa  ✔ up  198.51.100.10:443  nat, roundRobin
  SERVER  ADDRESS         HEALTH  ADMIN     WT   CONN   RATE  BECAUSE
  ex1     10.77.2.11:443  ✔ up    enabled    1    210   12/s  https 200 in 3 ms
  ex2     10.77.2.12:443  ✔ up    draining   1  20690  0.4/s  https 200 in 3 ms
  ex3     10.77.2.13:443  ✘ down  enabled    1      0   12/s  connection refused
    ! lb2 sees ex3 up

http  ✔ up  198.51.100.10:80  redirect
`);
  });

  test("says so when the two nodes run different versions", () => {
    const older: StatusReport = { ...exampleReport, peer: { ...exampleReport.peer, version: "0.0.9" } };
    expect(show(older)).toContain("    ! lb2 runs version 0.0.9, lb1 runs 0.1.0");
  });

  test("of a node that starts, alone, says what is missing", () => {
    const alone: StatusReport = {
      ...exampleReport,
      role: "initialize",
      reason: "start",
      ready: false,
      missing: ["the rules are not loaded"],
      maintenance: true,
      addresses: [
        { address: "198.51.100.10/24", interface: "eth0", held: false },
        { address: "10.77.2.254/24", interface: "eth1", held: true },
      ],
      services: [],
      peer: { node: "lb2", role: "active", reachable: false, ready: false },
      sync: { ...exampleReport.sync, connected: false, connections: 0, protected: 0, protectedShare: 1, lagMs: 0 },
    };
    expect(text(alone)).toBe(`
lb1 ◌ initialize since 2 min: the daemon started
    this node, not ready, in maintenance, priority 200, version 0.1.0
    ! missing: the rules are not loaded
lb2 ✘ not reachable (last seen as active)

heartbeat  ✔ eth0 41 ms ago   ✔ sync 41 ms ago   ✘ lifeline never heard
sync       ✘ not connected: 0 connections live on this node alone
addresses  - 198.51.100.10/24 on eth0, not held
           ✘ 10.77.2.254/24 on eth1, held
`);
  });

  test("shows how many remembered clients are protected", () => {
    const persistence = { clients: 812, protected: 810 };
    const sync = { ...exampleReport.sync, persistence };
    expect(show({ ...exampleReport, sync })).toContain("           ✔ 810 of 812 remembered clients protected");
    const alone = { ...sync, connected: false };
    expect(show({ ...exampleReport, sync: alone })).toContain(
      "           ✘ 812 clients are remembered on this node alone",
    );
  });

  test("of an active node that lost an address marks it", () => {
    const lost = exampleReport.addresses.map((address) => ({ ...address, held: false }));
    expect(show({ ...exampleReport, addresses: lost })).toContain("addresses  ✘ 198.51.100.10/24 on eth0, not held");
  });

  test("names the device of a virtual router, and its link-layer address", () => {
    const [first, ...others] = exampleReport.addresses.map((address) => ({ ...address }));
    if (first === undefined) throw new Error("the example has no address");
    const addresses = [{ ...first, device: "vipair4.51", mac: "00:00:5e:00:01:33" }, ...others];
    expect(show({ ...exampleReport, addresses })).toContain(
      "addresses  ✔ 198.51.100.10/24 on eth0 (vipair4.51, 00:00:5e:00:01:33), held",
    );
  });

  test("tells what the fast path carries, and where there is none", () => {
    const report = { ...exampleReport, fastPath: { open: true, connections: 12 } };
    expect(show(report)).toContain("fast path  ✔ lb1 carries 12 busy connections");
    const begins = { ...report, fastPath: { open: true, connections: 12, services: 3 } };
    expect(show(begins)).toContain(
      "fast path  ✔ lb1 carries 12 busy connections, connections of 3 services begin there",
    );
    const refused = { ...report, fastPath: { open: false, connections: 0 } };
    expect(show(refused)).toContain("fast path  ✘ lb1: the kernel refused it, see vipair events");
    expect(show({ ...report, role: "backup" }).join("\n")).not.toContain("fast path");
  });

  test("tells what is wrong with the replication", () => {
    const drift = { missing: 2, surplus: 0, different: 1, repairedAt: "2026-01-01T11:55:00.000Z" };
    const troubled = { ...exampleReport.sync, protected: 30_000, lagMs: 3_210, lost: 3, waiting: 7, drift };
    expect(show({ ...exampleReport, sync: troubled }).slice(6, 11)).toEqual([
      "sync       ✔ connected, 30000 of 41530 connections protected, lag 3.2 s",
      "           ! the standby has not confirmed what it has",
      "           ! the standby is 3.2 s behind",
      "           ! the standby's kernel lost or refused 3: `vipair connections --unprotected`",
      "           ! 2 missing, 0 surplus, 1 different on the standby, repaired; last 5 min ago",
    ]);
    const longAgo = { ...drift, repairedAt: "2026-01-01T10:55:00.000Z" };
    const underWay = { ...exampleReport.sync, protected: 0, waiting: 41_530, drift: longAgo };
    expect(show({ ...exampleReport, sync: underWay }).join("\n")).not.toContain("!  ");
    expect(show({ ...exampleReport, sync: underWay })[7]).toContain("addresses");
  });

  test("does not attach the reason of an older role to the peer", () => {
    const moved: StatusReport = { ...exampleReport, peer: { ...exampleReport.peer, role: "active" } };
    expect(show(moved)[2]).toBe("lb2 ● active");
  });

  test("tells of a path that works in one direction alone, while the peer is there to say so", () => {
    const heartbeat = [
      { path: "eth0", up: true, lastHeardMs: 41, peerHears: false },
      { path: "sync", up: true, lastHeardMs: 41, peerHears: true },
      { path: "lifeline", up: false, peerHears: false },
    ];
    const line = "           ! lb2 does not hear lb1 on eth0, lifeline";
    expect(show({ ...exampleReport, heartbeat })).toContain(line);
    const away = { ...exampleReport.peer, reachable: false };
    expect(show({ ...exampleReport, heartbeat, peer: away })).not.toContain(line);
  });

  test("tells what each node reaches as soon as one of them lacks something", () => {
    const [reach, lacking] = [fullReach, { ...fullReach, gatewaysLost: 1 }];
    const of = (own: Reach, theirs: Reach | undefined): string[] => {
      const peer = { ...exampleReport.peer, ...(theirs === undefined ? {} : { reach: theirs }) };
      return show({ ...exampleReport, reach: own, peer }).filter((line) => /(: everything|gateway silent)$/.test(line));
    };
    expect(of(reach, reach)).toEqual([]);
    expect(of(reach, lacking)).toEqual(["reach      ✔ lb1: everything", "           ✘ lb2: 1 gateway silent"]);
    expect(of(lacking, undefined)).toEqual(["reach      ✘ lb1: 1 gateway silent"]);
    const older = { ...exampleReport.peer, older: true };
    expect(show({ ...exampleReport, peer: older })).toContain(
      "    ! lb2 does not say what it reaches: its version is older",
    );
  });

  test("tells how the takeover came to the network, and who else answers", () => {
    const convergence = { proved: true, message: "converged in 812 ms, …", rounds: 3, tookMs: 812 };
    const others = [{ address: "198.51.100.10", interface: "eth0", mac: "02:00:00:00:00:65" }];
    const shown = show({ ...exampleReport, presence: { convergence, others } });
    expect(shown).toContain("takeover   ✔ lb1 converged in 812 ms, 3 rounds");
    expect(shown).toContain("           ✘ 02:00:00:00:00:65 answers for 198.51.100.10 on eth0 too");
    const message = "not proved: no traffic seen on eth1 within 6 s, 1 round of announcements";
    const unproved = { ...convergence, proved: false, message, rounds: 1 };
    const { report } = exampleReport.peer;
    const peer = {
      ...exampleReport.peer,
      ...(report && { report: { ...report, presence: { convergence: unproved, others: [] } } }),
    };
    expect(show({ ...exampleReport, peer })).toContain(`takeover   ✘ lb2 ${message}`);
  });

  test("fits 80 columns", () => {
    const widths = show(exampleReport).map((line) => line.length);
    expect(Math.max(...widths)).toBe(80);
  });

  test("says the same with colours as without", () => {
    const coloured = statusLines(exampleReport, exampleNow, picocolors.createColors(true));
    expect(coloured.join("\n")).toContain("\u001b[");
    expect(coloured.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(show(exampleReport));
  });
});

test("tells what a path loses, and is silent about one lost heartbeat of a thousand", () => {
  const heard = { up: true, lastHeardMs: 7, gapP99Ms: 100 };
  const heartbeat = [
    { path: "eth0", ...heard, loss: 0.031, gapWorstMs: 412 },
    { path: "sync", ...heard, loss: 0.001, gapWorstMs: 200 },
  ];
  const lines = show({ ...exampleReport, heartbeat });
  expect(lines.find((line) => line.startsWith("heartbeat"))).toBe(
    "heartbeat  ✔ eth0 7 ms ago (3.1 % lost, longest pause 412 ms)   ✔ sync 7 ms ago",
  );
});
