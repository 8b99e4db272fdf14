import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type IpAddress, millisOf } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { encodeFrame } from "./frame.js";
import { type Lifeline, type LifelineOptions, openLifeline } from "./lifeline.js";

const first: IpAddress = { family: 4, text: "127.0.0.2" };
const second: IpAddress = { family: 4, text: "127.0.0.3" };
const soon = { timeout: 3_000, interval: 5 };
const farewell = encodeFrame(new Uint8Array(0));

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

/** One end, which takes packets that begin with `ok` for proof. */
function open(listens: boolean, options: Partial<LifelineOptions> = {}) {
  const [local, peer] = listens ? [first, second] : [second, first];
  const packets: string[] = [];
  const died = vi.fn();
  const lifeline: Lifeline = openLifeline(
    { index: 0, listens, local, peer, port, provingTime: millisOf(10_000), ...options },
    (packet) => {
      packets.push(Buffer.from(packet).toString());
      if (packets.at(-1)?.startsWith("ok") === true) lifeline.prove();
    },
    died,
  );
  closers.push(() => lifeline.close());
  return { lifeline, packets, died };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

/** The second node as a bare socket, connected to a listening end. */
async function stranger(localAddress = second.text): Promise<Socket & { seen: () => Buffer }> {
  for (;;) {
    const socket = connect({ port, host: first.text, localAddress });
    const connected = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    if (!connected) continue;
    closers.push(() => socket.destroy());
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    return Object.assign(socket, { seen: () => Buffer.concat(chunks) });
  }
}

const closed = (socket: Socket) => vi.waitFor(() => expect(socket.closed).toBe(true), soon);

async function provenStranger(end: { packets: string[] }): Promise<Socket & { seen: () => Buffer }> {
  const socket = await stranger();
  socket.write(encodeFrame(bytes("ok")));
  await vi.waitFor(() => expect(end.packets).toContain("ok"), soon);
  return socket;
}

it("carries packets both ways, once the listening end has heard the other", async () => {
  const [left, right] = [open(true), open(false)];
  await vi.waitFor(() => {
    right.lifeline.send(bytes("ok from the second"));
    left.lifeline.send(bytes("ok from the first"));
    expect(left.packets).toContain("ok from the second");
    expect(right.packets).toContain("ok from the first");
  }, soon);
  expect([left.died, right.died].map((died) => died.mock.calls.length)).toEqual([0, 0]);
});

it.each(["end", "resetAndDestroy"] as const)("tells a death when the proven peer's kernel closes: %s", async (how) => {
  const left = open(true);
  const socket = await provenStranger(left);
  socket[how]();
  await vi.waitFor(() => expect(left.died).toHaveBeenCalledOnce(), soon);
});

it("tells a death to the dialling end as well", async () => {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(encodeFrame(bytes("ok")));
    right.lifeline.send(bytes("here"));
    vi.waitFor(() => expect(right.packets).toContain("ok"), soon).then(() => socket.destroy());
  }).listen(port, first.text);
  closers.push(() => server.close());
  const right = open(false);
  await vi.waitFor(() => expect(right.died).toHaveBeenCalled(), soon);
});

it("tells no death before proof", async () => {
  const left = open(true);
  const unproven = await stranger();
  unproven.write(encodeFrame(bytes("no")));
  await vi.waitFor(() => expect(left.packets).toContain("no"), soon);
  unproven.end();
  await closed(unproven);
  const proven = await provenStranger(left);
  expect(left.died).not.toHaveBeenCalled();
  proven.destroy();
  await vi.waitFor(() => expect(left.died).toHaveBeenCalledOnce(), soon);
});

it("tells no death after a farewell", async () => {
  const left = open(true);
  const socket = await provenStranger(left);
  socket.end(farewell);
  await closed(socket);
  await provenStranger({ packets: left.packets });
  expect(left.died).not.toHaveBeenCalled();
});

it("bids farewell when it closes, and takes its own end for no death", async () => {
  const left = open(true);
  const socket = await provenStranger(left);
  left.lifeline.close();
  await closed(socket);
  expect(socket.seen().subarray(-2)).toEqual(farewell);
  expect(left.died).not.toHaveBeenCalled();
});

it("gives up a silent connection with a farewell, and dials a fresh one", async () => {
  const [left, right] = [open(true), open(false)];
  const exchange = (word: string) =>
    vi.waitFor(() => {
      right.lifeline.send(bytes(`ok ${word}`));
      left.lifeline.send(bytes(`ok ${word}`));
      expect(left.packets).toContain(`ok ${word}`);
      expect(right.packets).toContain(`ok ${word}`);
    }, soon);
  await exchange("before");
  left.lifeline.renew();
  await exchange("after");
  right.lifeline.renew();
  await exchange("again");
  expect(left.died).not.toHaveBeenCalled();
  expect(right.died).not.toHaveBeenCalled();
});

it("gives up the former connection when a better one is proven", async () => {
  const left = open(true);
  const former = await provenStranger(left);
  left.packets.length = 0;
  const later = await provenStranger(left);
  await closed(former);
  expect(former.seen().subarray(-2)).toEqual(farewell);
  expect(left.died).not.toHaveBeenCalled();
  later.destroy();
  await vi.waitFor(() => expect(left.died).toHaveBeenCalledOnce(), soon);
});

it("closes a connection that never proves itself, with a farewell", async () => {
  open(true, { provingTime: millisOf(30) });
  const socket = await stranger();
  await closed(socket);
  expect(socket.seen()).toEqual(farewell);
});

it("refuses a stranger of another address", async () => {
  const left = open(true);
  const socket = await stranger("127.0.0.4");
  socket.write(encodeFrame(bytes("ok")));
  await closed(socket);
  await provenStranger(left);
  expect(left.packets).toEqual(["ok"]);
});

it("closes a connection that carries something else than frames", async () => {
  const left = open(true);
  const socket = await stranger();
  socket.write(Buffer.alloc(100, 0xff));
  await closed(socket);
  expect(left.packets).toEqual([]);
});

it("waits for its port to become free", async () => {
  const squatter = createServer().listen(port, first.text);
  await once(squatter, "listening");
  const left = open(true);
  await new Promise((resolve) => setImmediate(resolve));
  squatter.close();
  await vi.waitFor(() => provenStranger(left), soon);
});
