import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConnectionReport, EventReport, StatusReport, VerifyReport } from "@vipair/model";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Refused } from "./control.js";
import { FakeControl } from "./fake.js";
import { type ControlServer, openControl } from "./server.js";

const report: StatusReport = {
  node: "lb1",
  version: "0.1.0",
  role: "active",
  since: "2026-01-01T00:00:00.000Z",
  reason: "silence",
  ready: true,
  missing: [],
  maintenance: false,
  priority: 200,
  term: 7,
  addresses: [{ address: "198.51.100.10/24", interface: "eth0", held: true }],
  heartbeat: [{ path: "eth0", up: true, lastHeardMs: 12 }],
  services: [
    {
      name: "owa",
      listen: "198.51.100.10:443",
      mode: "nat",
      scheduler: "roundRobin",
      up: true,
      servers: [
        {
          name: "ex1",
          address: "10.77.2.11:443",
          health: "up",
          admin: "enabled",
          weight: 1,
          connections: 210,
          totalConnections: 9000,
          connectionsPerSecond: 12,
          because: "https 200 in 3 ms",
        },
      ],
    },
  ],
  peer: { node: "lb2", role: "backup", reachable: true, ready: true },
  sync: {
    connected: true,
    since: "2026-01-01T08:48:00.000Z",
    connections: 41530,
    protected: 41210,
    protectedShare: 0.9922,
    lagMs: 38,
  },
};

const eventAt = (at: string, message: string): EventReport => ({
  at,
  node: "lb1",
  kind: "roleChanged",
  message,
  detail: {},
});

let directory: string;
let socketPath: string;
let control: FakeControl;
let server: ControlServer;
const log = { error: vi.fn() };

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "vipair-control-"));
  socketPath = join(directory, "run", "vipaird.sock");
  control = new FakeControl(structuredClone(report));
  log.error.mockReset();
  server = await openControl({ socketPath, control, log });
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const open = (method: string, path: string, body?: string): ClientRequest => {
  const outgoing = request({ socketPath, method, path });
  outgoing.end(body);
  return outgoing;
};

function ask(method: string, path: string, body?: object | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = open(method, path, typeof body === "string" ? body : body && JSON.stringify(body));
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text }),
      );
    });
  });
}

async function askJson(method: string, path: string, body?: object): Promise<unknown[]> {
  const { status, text } = await ask(method, path, body);
  return [status, JSON.parse(text)];
}

describe("the socket", () => {
  test("is for owner and group, in a directory made for it", () => {
    expect(statSync(socketPath).mode & 0o777).toBe(0o660);
  });

  test("is gone after close", async () => {
    await server.close();
    expect(existsSync(socketPath)).toBe(false);
  });

  test("is not taken from a daemon that answers", async () => {
    await expect(openControl({ socketPath, control, log })).rejects.toThrow("another daemon answers");
    expect(await askJson("GET", "/status")).toEqual([200, report]);
  });

  test("of a daemon that was killed is replaced", async () => {
    const stale = join(directory, "stale.sock");
    const script = `net.createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script]);
    expect(statSync(stale).isSocket()).toBe(true);
    const second = await openControl({ socketPath: stale, control, log });
    socketPath = stale;
    const { status } = await ask("GET", "/status");
    await second.close();
    expect(status).toBe(200);
  });

  test("never replaces a file that is no socket", async () => {
    const file = join(directory, "file");
    writeFileSync(file, "precious");
    await expect(openControl({ socketPath: file, control, log })).rejects.toThrow("not a socket");
    expect(existsSync(file)).toBe(true);
  });
});

describe("questions", () => {
  test.each(["/status", "/services", "/sync"])("%s has connections counted first", async (path) => {
    const { status } = await ask("GET", path);
    expect([status, control.recounts]).toEqual([200, 1]);
  });

  test("status, services and configuration", async () => {
    expect(await askJson("GET", "/status")).toEqual([200, report]);
    expect(await askJson("GET", "/services")).toEqual([200, report.services]);
    const config = await ask("GET", "/config");
    expect([config.status, config.text]).toEqual([200, "pair:\n  name: mail\n"]);
    expect(config.type).toContain("text/yaml");
  });

  test("why knows active, services and servers, and nothing else", async () => {
    const sentences = ["owa/ex1 is as it is because the test says so."];
    expect(await askJson("GET", "/why?subject=owa%2Fex1")).toEqual([200, { subject: "owa/ex1", sentences }]);
    expect((await ask("GET", "/why?subject=active")).status).toBe(200);
    expect((await ask("GET", "/why?subject=owa")).status).toBe(200);
    expect(await askJson("GET", "/why?subject=smtp")).toEqual([404, { error: "there is no service smtp" }]);
    expect(await askJson("GET", "/why?subject=owa/ex9")).toEqual([404, { error: "service owa has no server ex9" }]);
    expect((await ask("GET", "/why")).status).toBe(400);
  });

  test("an unknown route is 404 with a body", async () => {
    expect(await askJson("GET", "/nothing")).toEqual([404, { error: "no such route: GET /nothing" }]);
  });
});

describe("orders", () => {
  test("failover, explained and done", async () => {
    expect(await askJson("POST", "/failover", { explain: true })).toEqual([200, control.plan]);
    expect(control.done).toEqual([]);
    const done = { from: "lb1", to: "lb2", tookMs: 3.2, connections: 41210 };
    expect(await askJson("POST", "/failover")).toEqual([200, done]);
    expect(control.done).toEqual(["failover"]);
  });

  test("a refusal is 409 with its reasons, and force passes it", async () => {
    control.plan = { possible: false, reasons: ["no connection to lb2"], sentences: [] };
    const refusal = { error: "the standby is not ready", reasons: ["no connection to lb2"] };
    expect(await askJson("POST", "/failover", {})).toEqual([409, refusal]);
    expect((await ask("POST", "/failover", { force: true })).status).toBe(200);
    expect(log.error).not.toHaveBeenCalled();
  });

  test("maintenance and the state of servers", async () => {
    expect(await askJson("POST", "/maintenance", { on: true })).toEqual([200, { maintenance: true }]);
    expect(await askJson("POST", "/servers/owa/ex1", { admin: "draining", deadlineMs: 600_000 })).toEqual([
      200,
      { service: "owa", server: "ex1", admin: "draining" },
    ]);
    expect(control.done).toEqual(["maintenance on", "draining owa/ex1 600000"]);
  });

  test("an unknown service or server is 404", async () => {
    const body = { admin: "disabled" };
    expect((await ask("POST", "/servers/smtp/ex1", body)).status).toBe(404);
    expect((await ask("POST", "/servers/owa/ex9", body)).status).toBe(404);
    expect(control.done).toEqual([]);
  });

  test.each([
    ["/maintenance", "{}", "on: "],
    ["/maintenance", '{"on":"yes"}', "on: "],
    ["/failover", '{"fast":true}', "fast"],
    ["/failover", "{", "not JSON"],
    ["/servers/owa/ex1", '{"admin":"gone"}', "admin: "],
    ["/servers/owa/ex1", '{"admin":"enabled","deadlineMs":5}', "only draining"],
    ["/servers/owa/ex1", '{"admin":"draining","deadlineMs":-5}', "deadlineMs: "],
  ])("POST %s %s is a bad request", async (path, body, complaint) => {
    const answer = await ask("POST", path, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).error).toContain(complaint);
    expect(control.done).toEqual([]);
  });

  test("a fault of the daemon is 500, with the message and in the log", async () => {
    control.fault = new Error("nft went away");
    expect(await askJson("POST", "/failover")).toEqual([500, { error: "nft went away" }]);
    expect(log.error).toHaveBeenCalledOnce();
    control.fault = new Refused("no");
    expect(await askJson("POST", "/failover")).toEqual([409, { error: "no" }]);
  });
});

describe("connections", () => {
  const connection = (n: number): ConnectionReport => ({
    service: "owa",
    protocol: "tcp",
    client: `192.0.2.7:${n}`,
    listener: "198.51.100.10:443",
    server: "10.77.2.11:443",
    serverName: "ex1",
    state: "ESTABLISHED",
    timeLeft: 300,
    protection: "yes",
  });

  test("are one a line, by service and server", async () => {
    control.listed = [[connection(1), connection(2)], [], [connection(3)]];
    const { status, type, text } = await ask("GET", "/connections");
    expect([status, type]).toEqual([200, "application/x-ndjson"]);
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([1, 2, 3].map(connection));
    await ask("GET", "/connections?service=owa&server=ex1&unprotected=true");
    expect(control.done).toEqual(["connections * *", "connections owa ex1 unprotected"]);
    expect((await ask("GET", "/connections?service=smtp")).status).toBe(404);
    expect((await ask("GET", "/connections?service=owa&server=ex9")).status).toBe(404);
    expect((await ask("GET", "/connections?server=ex1")).status).toBe(400);
    expect((await ask("GET", "/connections?unprotected=perhaps")).status).toBe(400);
  });

  test("of an answer that fails midway are cut off, and the log says why", async () => {
    control.listed = (function* () {
      yield [connection(1)];
      throw new Error("dump: ENOBUFS");
    })();
    await expect(ask("GET", "/connections")).rejects.toThrow();
    await vi.waitFor(() => expect(log.error).toHaveBeenCalledOnce());
    expect(server.streams).toBe(0);
  });

  test("are not read from the kernel faster than the client takes them, and end with it", async () => {
    let asked = 0;
    let over = false;
    control.listed = (function* () {
      try {
        for (;;) {
          asked++;
          yield Array.from({ length: 500 }, (_, n) => connection(n));
        }
      } finally {
        over = true;
      }
    })();
    const outgoing = open("GET", "/connections");
    outgoing.on("error", () => {});
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
    response.on("error", () => {});
    let before = -1;
    await vi.waitFor(
      () => {
        const settled = asked === before;
        before = asked;
        expect(settled).toBe(true);
      },
      { interval: 200, timeout: 5_000 },
    );
    expect(asked).toBeLessThan(100);
    expect(server.streams).toBe(1);
    outgoing.destroy();
    await vi.waitFor(() => expect([over, server.streams]).toEqual([true, 0]));
    expect(log.error).not.toHaveBeenCalled();
  });

  test("are ended when the socket closes", async () => {
    control.listed = (function* () {
      for (;;) yield Array.from({ length: 500 }, (_, n) => connection(n));
    })();
    const outgoing = open("GET", "/connections");
    outgoing.on("error", () => {});
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
    response.on("error", () => {});
    await server.close();
    await vi.waitFor(() => expect(server.streams).toBe(0));
  });
});

describe("sync", () => {
  test("status, and a verification that repairs unless it is told not to", async () => {
    expect(await askJson("GET", "/sync")).toEqual([200, control.syncStatus]);
    const refusal = { error: "the peer link is down: there is nothing to compare with" };
    expect(await askJson("POST", "/sync/verify")).toEqual([409, refusal]);
    expect((await ask("POST", "/sync/verify", { repair: "no" })).status).toBe(400);
    control.verified = { clean: true } as VerifyReport;
    expect(await askJson("POST", "/sync/verify", { repair: false })).toEqual([200, { clean: true }]);
    expect(control.done).toEqual(["verify repair", "verify"]);
  });
});

describe("events", () => {
  const old = eventAt("2026-01-01T00:00:00.000Z", "old");
  const recent = eventAt("2026-01-02T00:00:00.000Z", "recent");

  beforeEach(() => control.past.push(old, recent));

  test("since a point in time", async () => {
    expect(await askJson("GET", "/events")).toEqual([200, [old, recent]]);
    expect(await askJson("GET", "/events?since=2026-01-01T12:00:00Z")).toEqual([200, [recent]]);
    expect(await askJson("GET", `/events?since=${Date.parse(recent.at)}`)).toEqual([200, [recent]]);
    expect((await ask("GET", "/events?since=yesterday")).status).toBe(400);
  });

  test("a follower gets the past, then the present, and leaves nothing behind when it goes", async () => {
    const outgoing = open("GET", "/events?follow=true&since=2026-01-01T12:00:00Z");
    outgoing.on("error", () => {});
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    response.on("error", () => {});
    control.emit(eventAt("2026-01-03T00:00:00.000Z", "now"));
    await vi.waitFor(() => expect(text.trim().split("\n")).toHaveLength(2));
    expect(text.split("\n").map((line) => line && JSON.parse(line).message)).toEqual(["recent", "now", ""]);
    outgoing.destroy();
    await vi.waitFor(() => expect([server.followers, control.listeners]).toEqual([0, 0]));
  });

  test("a follower that does not read is dropped", async () => {
    const outgoing = open("GET", "/events?follow=true");
    outgoing.on("error", () => {});
    await vi.waitFor(() => expect(control.listeners).toBe(1));
    const long = eventAt("2026-01-03T00:00:00.000Z", "x".repeat(64 * 1024));
    for (let i = 0; i < 64; i++) control.emit(long);
    await vi.waitFor(() => expect([server.followers, control.listeners]).toEqual([0, 0]));
    outgoing.destroy();
  });

  test("closing ends the followers", async () => {
    const outgoing = open("GET", "/events?follow=true");
    const response = await new Promise<IncomingMessage>((resolve) => outgoing.once("response", resolve));
    const ended = new Promise((resolve) => response.resume().once("end", resolve));
    await server.close();
    await ended;
    expect(control.listeners).toBe(0);
  });
});
