import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { IpAddress } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type WebSocket from "ws";
import { flowOf, nodeReport } from "../example.fixture.js";
import { openPeerLink, type PeerLink, type PeerLinkOptions } from "./link.js";
import { openTransport } from "./transport.js";

const first: IpAddress = { family: 4, text: "127.0.0.2" };
const second: IpAddress = { family: 4, text: "127.0.0.3" };
const soon = { timeout: 4_500, interval: 10 };
const key = randomBytes(32);
let port: number;
let closers: (() => void)[];

beforeEach(async () => {
  closers = [];
  const probe = createServer().listen(0, first.text);
  await once(probe, "listening");
  port = (probe.address() as { port: number }).port;
  probe.close();
  await once(probe, "close");
});
afterEach(() => {
  for (const close of closers) close();
});

const ends = (listens: boolean) => ({
  listens,
  node: listens ? "lb1" : "lb2",
  local: listens ? first : second,
  peer: listens ? second : first,
  port,
  key,
});

interface End {
  readonly link: PeerLink;
  readonly seen: {
    [Name in "connected" | "disconnected" | "reported" | "frameReceived" | "refused"]: ReturnType<typeof vi.fn>;
  };
}

function open(listens: boolean, changed: Partial<PeerLinkOptions> = {}): End {
  const seen = {
    connected: vi.fn(),
    disconnected: vi.fn(),
    reported: vi.fn(),
    frameReceived: vi.fn(),
    refused: vi.fn(),
  };
  const link = openPeerLink({
    ...ends(listens),
    hello: {
      node: listens ? "lb1" : "lb2",
      version: "0.1.0",
      configDigest: "a1",
      // The other one is of a version that does not say.
      ...(listens && { features: ["events"] }),
    },
    answer: async () => undefined,
    ...seen,
    ...changed,
  });
  closers.push(() => link.close());
  return { link, seen };
}

const allConnected = (...all: End[]) =>
  vi.waitFor(() => expect(all.map(({ link }) => link.connected)).toEqual(all.map(() => true)), soon);

/** The second node as a bare WebSocket that has the key. */
async function bareSocket(): Promise<WebSocket> {
  const socket = await new Promise<WebSocket>((resolve) => {
    const transport = openTransport(ends(false), resolve, () => undefined);
    closers.push(() => transport.close());
  });
  socket.on("error", () => undefined);
  return socket;
}

it("connects two ends with the same key, and each says hello", async () => {
  const [left, right] = [open(true), open(false)];
  await allConnected(left, right);
  expect(left.seen.connected.mock.calls).toEqual([
    [{ node: "lb2", version: "0.1.0", configDigest: "a1", features: [] }],
  ]);
  expect(right.seen.connected.mock.calls).toEqual([
    [{ node: "lb1", version: "0.1.0", configDigest: "a1", features: ["events"] }],
  ]);
  expect([...left.seen.refused.mock.calls, ...right.seen.refused.mock.calls]).toEqual([]);
});

it("carries reports both ways", async () => {
  const [left, right] = [open(true), open(false)];
  await allConnected(left, right);
  left.link.report({ ...nodeReport, node: "lb1" });
  right.link.report(nodeReport);
  await vi.waitFor(() => {
    expect(left.seen.reported.mock.calls).toEqual([[nodeReport]]);
    expect(right.seen.reported.mock.calls).toEqual([[{ ...nodeReport, node: "lb1" }]]);
  }, soon);
});

it("answers requests, each with its own response, and a refusal as an error", async () => {
  const [left, right] = [
    open(true, {
      answer: async (request) => {
        if (request.method === "failover") throw new Error("not now");
        return request.method === "insertFlows" && request.flows.length > 0 ? request.flows.length : undefined;
      },
    }),
    open(false),
  ];
  await allConnected(left, right);
  const flows = Array.from({ length: 1_000 }, (_, index) => flowOf(index));
  const results = await Promise.allSettled([
    right.link.request({ method: "insertFlows", flows }),
    right.link.request({ method: "failover", force: false }),
    right.link.request({ method: "insertFlows", flows: [] }),
  ]);
  expect(results).toEqual([
    { status: "fulfilled", value: 1_000 },
    { status: "rejected", reason: new Error("not now") },
    { status: "fulfilled", value: null },
  ]);
});

it("gives up a request that is not answered in time, and has no use for the late answer", async () => {
  let answer: (value: string) => void = () => undefined;
  const late = new Promise((resolve) => {
    answer = resolve;
  });
  const [left, right] = [
    open(true, { answer: ({ method }) => (method === "failover" ? late : Promise.resolve("next")) }),
    open(false),
  ];
  await allConnected(left, right);
  await expect(right.link.request({ method: "failover", force: false }, 20)).rejects.toThrow("within 20 ms");
  answer("late");
  await expect(right.link.request({ method: "insertFlows", flows: [] })).resolves.toBe("next");
});

it("rejects requests without a link, and those under way when it closes", async () => {
  const left = open(true);
  await expect(left.link.request({ method: "insertFlows", flows: [] })).rejects.toThrow("the peer link is down");
  const right = open(false, { answer: () => new Promise(() => undefined) });
  await allConnected(left, right);
  const waiting = left.link.request({ method: "insertFlows", flows: [] });
  right.link.close();
  await expect(waiting).rejects.toThrow("the peer link closed");
  expect(left.link.connected).toBe(false);
  expect(left.seen.disconnected).toHaveBeenCalledOnce();
});

it.each([true, false])("connects again after the other end restarted (the listening one: %s)", async (listens) => {
  const stays = open(!listens);
  const goes = open(listens);
  await allConnected(stays, goes);
  goes.link.close();
  await vi.waitFor(() => expect(stays.seen.disconnected).toHaveBeenCalledOnce(), soon);
  await allConnected(stays, open(listens));
  expect(stays.seen.connected).toHaveBeenCalledTimes(2);
});

it("never connects to an end with another key, and says so at both", async () => {
  const [left, right] = [open(true), open(false, { key: randomBytes(32) })];
  await vi.waitFor(() => {
    expect(left.seen.refused.mock.calls.length).toBeGreaterThan(1);
    expect(right.seen.refused.mock.calls.length).toBeGreaterThan(1);
  }, soon);
  expect([left.link.connected, right.link.connected]).toEqual([false, false]);
  expect([...left.seen.connected.mock.calls, ...right.seen.connected.mock.calls]).toEqual([]);
});

it("is not kept from the real peer by connections that say nothing, or by strangers", async () => {
  const left = open(true);
  const sockets: Socket[] = [];
  for (const localAddress of [...Array(8).fill(second.text), ...Array(20).fill("127.0.0.4")]) {
    const socket = await vi.waitFor(async () => {
      const dialled = connect({ port, host: first.text, localAddress });
      dialled.on("error", () => undefined).resume();
      await once(dialled, "connect");
      return dialled;
    }, soon);
    sockets.push(socket);
  }
  // Strangers go at once, not only when their handshake takes too long.
  await vi.waitFor(() => expect(sockets.slice(8).every(({ closed }) => closed)).toBe(true), { timeout: 2_000 });
  await allConnected(left, open(false));
  for (const socket of sockets) socket.destroy();
});

it("has no use for a recording of an earlier connection, and stays with the peer that it has", async () => {
  const left = open(true);
  const recorder = "127.0.0.6";
  const recorded: Buffer[] = [];
  const between = createServer((socket) => {
    const onward = connect({ port, host: first.text, localAddress: second.text });
    for (const end of [socket, onward]) end.on("error", () => undefined);
    socket.on("data", (data: Buffer) => recorded.push(data)).pipe(onward);
    onward.pipe(socket);
    socket.on("close", () => onward.destroy());
  }).listen(port, recorder);
  closers.push(() => between.close());
  const right = open(false, { peer: { family: 4, text: recorder } });
  await allConnected(left, right);
  right.link.sendFrame(Uint8Array.of(9));
  await vi.waitFor(() => expect(left.seen.frameReceived).toHaveBeenCalledTimes(1), soon);
  right.link.close();
  between.close();
  const present = open(false);
  await vi.waitFor(() => expect(left.seen.connected).toHaveBeenCalledTimes(2), soon);

  const replayed = connect({ port, host: first.text, localAddress: second.text });
  replayed.on("error", () => undefined).resume();
  replayed.write(Buffer.concat(recorded));
  await once(replayed, "close");
  await vi.waitFor(() => expect(left.seen.refused).toHaveBeenCalled(), soon);
  present.link.sendFrame(Uint8Array.of(7));
  await vi.waitFor(() => expect(left.seen.frameReceived).toHaveBeenCalledTimes(2), soon);
  expect(left.seen.connected).toHaveBeenCalledTimes(2);
});

it("carries frames both ways, and none before the hello", async () => {
  const [left, right] = [open(true), open(false)];
  await allConnected(left, right);
  left.link.sendFrame(Uint8Array.of(1, 2));
  right.link.sendFrame(Uint8Array.of(3));
  await vi.waitFor(() => {
    expect(left.seen.frameReceived.mock.calls).toEqual([[Buffer.of(3)]]);
    expect(right.seen.frameReceived.mock.calls).toEqual([[Buffer.of(1, 2)]]);
  }, soon);
  left.link.close();
  right.link.close();
  const other = open(true);
  const socket = await bareSocket();
  socket.send(Buffer.of(4));
  await vi.waitFor(() => expect(other.seen.refused.mock.calls).toEqual([["frame before hello"]]), soon);
  expect(other.seen.frameReceived).not.toHaveBeenCalled();
});

it("counts garbage and stays connected", async () => {
  const left = open(true);
  const socket = await bareSocket();
  socket.send(JSON.stringify({ type: "report", report: nodeReport }));
  socket.send(JSON.stringify({ type: "hello", node: "lb2", version: "0.1.0", configDigest: "a1" }));
  await allConnected(left);
  for (const data of ["garbage", "[]", JSON.stringify({ type: "hello" })]) socket.send(data);
  socket.send(JSON.stringify({ type: "response", id: 77, ok: true, result: 1 }));
  socket.send(JSON.stringify({ type: "report", report: nodeReport }));
  await vi.waitFor(() => expect(left.seen.reported).toHaveBeenCalled(), soon);
  expect(left.seen.refused.mock.calls).toEqual([
    ["report before hello"],
    ["malformed message"],
    ["malformed message"],
    ["malformed message"],
  ]);
  expect(left.seen.reported).toHaveBeenCalledOnce();
  expect(left.link.connected).toBe(true);
});

it("closes a link that carries too long a message, counts it, and takes the next one", async () => {
  const left = open(true);
  const socket = await bareSocket();
  socket.send(JSON.stringify({ type: "hello", node: "lb2", version: "0.1.0", configDigest: "a1" }));
  await allConnected(left);
  socket.send(Buffer.alloc((32 << 20) + 1));
  await vi.waitFor(() => expect(left.seen.disconnected).toHaveBeenCalledOnce(), soon);
  expect(left.seen.refused.mock.calls.flat()).toContain("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  await vi.waitFor(() => expect(left.link.connected).toBe(false), soon);
});

it("takes the newer of two connections", async () => {
  const left = open(true);
  const hello = JSON.stringify({ type: "hello", node: "lb2", version: "0.1.0", configDigest: "a1" });
  const former = await bareSocket();
  former.send(hello);
  await allConnected(left);
  const waiting = left.link.request({ method: "insertFlows", flows: [] });
  const later = await bareSocket();
  later.send(hello);
  await expect(waiting).rejects.toThrow("the peer connected anew");
  await vi.waitFor(() => expect(former.readyState).toBe(former.CLOSED), soon);
  expect([left.link.connected, left.seen.disconnected.mock.calls.length]).toEqual([true, 0]);
});

it("waits for its port to become free", async () => {
  const squatter = createServer().listen(port, first.text);
  await once(squatter, "listening");
  const left = open(true);
  await new Promise((resolve) => setImmediate(resolve));
  squatter.close();
  await allConnected(left, open(false));
});
