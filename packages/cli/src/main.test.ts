import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EventReport } from "@vipair/model";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeControl } from "../../daemon/dist/control/fake.js";
import { type ControlServer, openControl, Refused } from "../../daemon/dist/control/index.js";
import { exampleConnection, exampleReport, exampleSync, exampleTuning, exampleVerify } from "./example.fixture.js";

// The built command against a real control socket, with a daemon behind it that only answers.
vi.setConfig({ testTimeout: 30_000 });
const deadlineMs = 10_000;
const bin = fileURLToPath(new URL("../bin/vipair.js", import.meta.url));

let directory: string;
let socketPath: string;
let control: FakeControl;
let server: ControlServer;
const children: ChildProcess[] = [];

const openFake = () => openControl({ socketPath, control, log: { error: () => {} } });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "vipair-cli-"));
  socketPath = join(directory, "vipaird.sock");
  control = new FakeControl(exampleReport);
  server = await openFake();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const environment = () => ({ ...process.env, VIPAIR_SOCKET: socketPath, TZ: "UTC", NO_COLOR: "1" });

interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function vipair(...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { env: environment() }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** Starts a command that stays; the answer grows. */
function start(...args: string[]) {
  const child = spawn(process.execPath, [bin, ...args], { env: environment() });
  children.push(child);
  const running = {
    stdout: "",
    stderr: "",
    stop: () => child.kill("SIGINT"),
    status: new Promise((resolve) => child.once("exit", resolve)),
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    running.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    running.stderr += text;
  });
  return running;
}

const eventAt = (at: string, message: string): EventReport => ({
  at,
  node: "lb1",
  kind: "roleChanged",
  message,
  detail: {},
});

describe("exit status 0: done", () => {
  test("status, for people and for programs", async () => {
    const people = await vipair("status");
    expect(people).toMatchObject({ status: 0, stderr: "" });
    expect(people.stdout).toContain("lb1 ● active since ");
    expect(people.stdout).toContain("    ! lb2 sees ex3 up\n");
    const programs = await vipair("status", "--json");
    expect(JSON.parse(programs.stdout)).toEqual(exampleReport);
  });

  test("services and servers", async () => {
    expect((await vipair("services")).stdout).toContain("198.51.100.10:443");
    expect(JSON.parse((await vipair("--json", "services")).stdout)).toEqual(exampleReport.services);
    const servers = JSON.parse((await vipair("servers", "--json")).stdout);
    expect(servers[0]).toMatchObject({ service: "owa", name: "ex1", health: "up" });
    expect((await vipair("servers", "--names")).stdout).toBe("owa/ex1\nowa/ex2\nowa/ex3\n");
  });

  test("failover says what it cost", async () => {
    expect(await vipair("failover")).toEqual({
      status: 0,
      stdout:
        "lb1 hands over to lb2 …\n" + "lb2 is active: ownership passed in 3.2 ms, 41210 connections carried over\n",
      stderr: "",
    });
    const programs = await vipair("failover", "--json", "--force");
    expect(JSON.parse(programs.stdout)).toEqual({ from: "lb1", to: "lb2", tookMs: 3.2, connections: 41210 });
    expect(control.done).toEqual(["failover", "failover force"]);
  });

  test("failover --explain does nothing", async () => {
    const { stdout } = await vipair("failover", "--explain");
    expect(stdout).toBe("A hand-over is possible now.\n\nlb2 becomes active.\n");
    control.plan = { possible: false, reasons: ["lb2 is in maintenance"], sentences: [] };
    const refused = await vipair("failover", "--explain");
    expect(refused).toMatchObject({ status: 0, stdout: "A hand-over would be refused:\n  lb2 is in maintenance\n" });
    expect(control.done).toEqual([]);
  });

  test("maintenance, drain, disable and enable reach the daemon", async () => {
    expect((await vipair("maintenance", "on")).stdout).toContain("this node is in maintenance");
    expect((await vipair("maintenance", "off", "--json")).stdout).toBe('{\n  "maintenance": false\n}\n');
    expect((await vipair("drain", "owa/ex1", "--deadline", "10m")).stdout).toContain("cut after 10m");
    await vipair("disable", "owa/ex1");
    await vipair("enable", "owa/ex1");
    expect(control.done).toEqual([
      "maintenance on",
      "maintenance off",
      "draining owa/ex1 600000",
      "disabled owa/ex1",
      "enabled owa/ex1",
    ]);
  });

  test("why, config show and events", async () => {
    expect((await vipair("why", "owa/ex1")).stdout).toBe("owa/ex1 is as it is because the test says so.\n");
    expect((await vipair("config", "show")).stdout).toBe("pair:\n  name: mail\n");
    control.past.push(eventAt("2026-01-01T00:00:00.123Z", "lb1 became active"));
    expect((await vipair("events")).stdout).toBe("2026-01-01 00:00:00.123  lb1  lb1 became active\n");
    expect((await vipair("events", "--since", "1ms")).stdout).toBe("");
    expect((await vipair("events", "--node", "lb2")).stdout).toBe("");
  });

  test("events of an incident, and what must be known of the peer to read them", async () => {
    control.past.push(eventAt("2026-01-01T00:00:00.123Z", "lb1 became active"));
    const detail = { from: "lb2", to: "lb1", term: 2, gapMs: 6.1, overlapMs: 0, uncertaintyMs: 0.2 };
    const message = "lb2 → lb1, term 2, planned hand-over: no owner for 6.1 ms, two owners for 0 ms (± 0.2 ms)";
    control.past.push({ ...eventAt("2026-01-01T00:00:00.123Z", message), kind: "incident", detail });
    const lines = ["2026-01-01 00:00:00.123  lb1  lb1 became active", `${" ".repeat(25)}└ ${message}`, "", ""];
    expect((await vipair("events")).stdout).toBe(lines.join("\n"));
    control.timelinePeer = { node: "lb2", reached: true, offsetMs: -63_072_000_000, uncertaintyMs: 0.25 };
    const behind = "The clock of lb2 is 730 d behind: times are this node's (± 0.3 ms).\n\n";
    expect((await vipair("events")).stdout).toBe(behind + lines.join("\n"));
    control.timelinePeer = { node: "lb2", reached: false, because: "the peer link is down" };
    const alone = "lb2 is not asked: the peer link is down. These are the events of this node alone.\n\n";
    expect((await vipair("events")).stdout).toBe(alone + lines.join("\n"));
    expect(JSON.parse((await vipair("events", "--json")).stdout)).toEqual(control.past);
  });

  test("connections: the first ones for people, all of them for programs", async () => {
    const all = Array.from({ length: 2_000 }, (_, n) => exampleConnection(n));
    control.listed = [all.slice(0, 700), all.slice(700)];
    const people = await vipair("connections");
    expect(people).toMatchObject({ status: 0, stderr: "" });
    expect(people.stdout.split("\n")).toHaveLength(1 + 1_000 + 1 + 1);
    expect(people.stdout).toContain("… and 1000 more");
    expect(JSON.parse((await vipair("connections", "--json")).stdout)).toEqual(all);
    const few = await vipair("connections", "--json", "--limit", "2", "--service", "owa", "--unprotected");
    expect(JSON.parse(few.stdout)).toEqual(all.slice(0, 2));
    await vipair("connections", "--server", "owa/ex1");
    control.listed = [];
    expect((await vipair("connections")).stdout).toBe("no connections\n");
    expect(JSON.parse((await vipair("connections", "--json")).stdout)).toEqual([]);
    expect(control.done.slice(2, 4)).toEqual(["connections owa * unprotected", "connections owa ex1"]);
  });

  test("sync is sync status, and verify says what it found", async () => {
    control.syncStatus = exampleSync;
    const plain = await vipair("sync");
    expect(plain.stdout).toContain("protected  41210 of 41530 connections (99.2 %), lag 38 ms\n");
    expect(await vipair("sync", "status")).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse((await vipair("sync", "--json")).stdout)).toEqual(exampleSync);
    control.verified = exampleVerify;
    expect((await vipair("sync", "verify")).stdout).toContain("repaired: 2; they agree on 41530 connections now");
    expect(JSON.parse((await vipair("sync", "verify", "--no-repair", "--json")).stdout)).toEqual(exampleVerify);
    expect(control.done).toEqual(["verify repair", "verify"]);
  });

  test("tuning is done when nothing is urgent, and fails with the names of what is", async () => {
    control.tuned = { nodes: exampleTuning.nodes.slice(1) };
    expect(await vipair("tuning")).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse((await vipair("tuning", "--json")).stdout)).toEqual(control.tuned);
    control.tuned = exampleTuning;
    const people = await vipair("tuning");
    expect(people).toMatchObject({ status: 1, stdout: expect.stringContaining("ethtool -K eth1 gro on\n") });
    expect(people.stderr).toMatch(/^vipair: connections are .*\n {2}net\.netfilter\.nf_conntrack_max of lb1\n$/);
    const programs = await vipair("tuning", "--json");
    expect(programs.status).toBe(1);
    expect(JSON.parse(programs.stdout)).toEqual(exampleTuning);
  });

  test("keygen needs no daemon and prints 32 random bytes", async () => {
    await server.close();
    const keys = await Promise.all([vipair("keygen"), vipair("keygen")]);
    const bytes = keys.map(({ stdout }) => Buffer.from(stdout.trim(), "base64").length);
    expect(bytes).toEqual([32, 32]);
    expect(keys[0]?.stdout).not.toBe(keys[1]?.stdout);
    expect(keys[0]?.stdout).toMatch(/^[A-Za-z0-9+/=]+\n$/);
  });

  test("the version and the help", async () => {
    expect(await vipair("--version")).toEqual({ status: 0, stdout: "0.1.0\n", stderr: "" });
    expect((await vipair("failover", "--help")).stdout).toContain("--socket <path>");
  });
});

describe("exit status 1: refused or failed", () => {
  test("a refusal is on standard error, with its reasons", async () => {
    control.plan = { possible: false, reasons: ["lb2 is in maintenance", "sync lags"], sentences: [] };
    const people = await vipair("failover");
    expect(people.status).toBe(1);
    expect(people.stderr).toBe("vipair: the standby is not ready\n  lb2 is in maintenance\n  sync lags\n");
    const programs = await vipair("failover", "--json");
    expect(JSON.parse(programs.stdout)).toEqual({
      error: "the standby is not ready",
      reasons: ["lb2 is in maintenance", "sync lags"],
    });
  });

  test("kernels that differ, with examples, and a verification that is refused", async () => {
    expect(await vipair("sync", "verify")).toMatchObject({
      status: 1,
      stderr: "vipair: the peer link is down: there is nothing to compare with\n",
    });
    const remaining = { missing: 1, surplus: 0, different: 0 };
    const verified = { ...exampleVerify, clean: false, remaining, repaired: 0 };
    control.verified = verified;
    expect(await vipair("sync", "verify", "--no-repair")).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `vipair: lb1 and lb2 differ: 1 missing, 0 surplus, 0 different\n  ${verified.examples[0]}\n`,
    });
    expect(JSON.parse((await vipair("sync", "verify", "--json")).stdout)).toEqual(verified);
  });

  test("an unknown server, and a fault of the daemon", async () => {
    expect(await vipair("drain", "owa/ex9")).toMatchObject({
      status: 1,
      stderr: "vipair: service owa has no server ex9\n",
    });
    control.fault = new Refused("no");
    expect((await vipair("maintenance", "on")).status).toBe(1);
  });

  test("a configuration with problems is shown with every one, without a daemon", async () => {
    await server.close();
    const file = join(directory, "bad.yaml");
    writeFileSync(file, "pair:\n  name: mail\n  nodes: 3\n");
    const people = await vipair("config", "check", file);
    expect(people.status).toBe(1);
    expect(people.stdout).toContain(`${file}:3:10: error: `);
    expect(people.stderr).toMatch(/bad.yaml has \d+ problems\n$/);
    const programs = JSON.parse((await vipair("config", "check", file, "--json")).stdout);
    expect(programs).toMatchObject({ file, valid: false });
    expect(programs.problems.length).toBeGreaterThan(1);
  });

  test("a configuration file that is not there", async () => {
    expect((await vipair("config", "check", join(directory, "none.yaml"))).status).toBe(1);
  });
});

describe("exit status 2: wrong usage", () => {
  test.each([
    [[]],
    [["nothing"]],
    [["drain", "owa"]],
    [["drain", "owa/ex1", "--deadline", "soon"]],
    [["maintenance", "perhaps"]],
    [["status", "--fast"]],
    [["status", "surplus"]],
    [["sync", "surplus"]],
    [["connections", "--limit", "none"]],
    [["connections", "--server", "owa"]],
    [["config"]],
  ])("vipair %j", async (args) => {
    const { status, stdout, stderr } = await vipair(...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).not.toBe("");
  });
});

describe("exit status 3: the daemon can't be reached", () => {
  test("no socket: says which, and what to look at", async () => {
    const { status, stderr } = await vipair("status", "--socket", "/nowhere/vipaird.sock");
    expect(status).toBe(3);
    expect(stderr).toContain("cannot reach vipaird on /nowhere/vipaird.sock: ENOENT\n  Is vipaird running");
  });

  test("a listing that breaks off is none", async () => {
    control.listed = (function* () {
      yield [exampleConnection(1)];
      throw new Error("dump: ENOBUFS");
    })();
    const { status, stderr } = await vipair("connections");
    expect(status).toBe(3);
    expect(stderr).toContain("closed the connection");
  });

  test("something else than vipaird behind the socket", async () => {
    const other = join(directory, "other.sock");
    const stranger = createServer((socket) => socket.end("220 ready\r\n")).listen(other);
    const { status } = await vipair("status", "--socket", other);
    stranger.close();
    expect(status).toBe(3);
  });

  test("a daemon that hangs is waited for 5 s", async () => {
    const hung = join(directory, "hung.sock");
    const silent = createServer().listen(hung);
    const { status, stderr } = await vipair("status", "--socket", hung);
    silent.close();
    expect(status).toBe(3);
    expect(stderr).toContain("did not answer");
  });
});

describe("commands that stay", () => {
  test("events --follow prints what happens, and fails when the daemon goes", async () => {
    control.past.push(eventAt("2026-01-01T00:00:00.000Z", "before"));
    const running = start("events", "--follow", "--json");
    await vi.waitFor(() => expect(running.stdout).toContain("before"), deadlineMs);
    control.emit(eventAt("2026-01-01T00:00:01.000Z", "after"));
    await vi.waitFor(() => expect(running.stdout).toContain("after"), deadlineMs);
    expect(
      running.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).message),
    ).toEqual(["before", "after"]);
    await server.close();
    expect(await running.status).toBe(3);
    expect(running.stderr).toContain("closed the connection");
  });

  test("events --follow ends well with ctrl-c", async () => {
    const running = start("events", "--follow");
    await vi.waitFor(() => expect(control.listeners).toBe(1), deadlineMs);
    running.stop();
    expect(await running.status).toBe(0);
  });

  test("watch outlives the daemon", async () => {
    const running = start("watch");
    await vi.waitFor(() => expect(running.stdout).toContain("lb1 ● active"), deadlineMs);
    await server.close();
    await vi.waitFor(() => expect(running.stdout).toContain("✘ daemon not reachable, retrying"), deadlineMs);
    server = await openFake();
    await vi.waitFor(() => expect(running.stdout).toMatch(/retrying[\s\S]*lb1 ● active/), deadlineMs);
    running.stop();
    expect(await running.status).toBe(0);
  });
});
