import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { type Authenticator, encodePacket, type Heartbeat, packetLength } from "@vipair/heartbeat";
import { type IpAddress, millisOf, type Pair } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { deriveKey, openAuthenticator } from "../secret.js";
import { type Exchange, openExchange } from "./exchange.js";
import { encodeFrame } from "./path/frame.js";

const addresses: readonly [IpAddress, IpAddress] = [
  { family: 4, text: "127.0.0.2" },
  { family: 4, text: "127.0.0.3" },
];
const soon = { timeout: 4_000, interval: 10 };
const authenticatorOf = (secret: string): Authenticator =>
  openAuthenticator(deriveKey(Buffer.from(secret), "mail", "heartbeat"));
const heartbeat: Heartbeat = {
  role: "backup",
  priority: 100,
  term: 1,
  interval: millisOf(20),
  resigning: false,
  planned: false,
  eligible: true,
  ready: true,
  maintenance: false,
  hearing: false,
  claiming: false,
  reach: { carriersLost: 0, gatewaysLost: 1, serversUp: 500 },
};

let pair: Pair;
let opened: Exchange[];
let saying: Heartbeat | undefined;

beforeEach(async () => {
  opened = [];
  saying = heartbeat;
  pair = {
    name: "mail",
    secretFile: "",
    nodes: [
      { name: "lb1", address: addresses[0], priority: 200 },
      { name: "lb2", address: addresses[1], priority: 100 },
    ],
    heartbeat: {
      transport: "udp",
      routerId: 51,
      interval: millisOf(20),
      interfaces: ["eth0"],
      unicast: true,
      checksum: "pseudoHeader",
    },
    preempt: false,
    preemptDelay: millisOf(0),
    reachDelay: millisOf(2_000),
    witness: [],
    sync: { port: await twoFreePorts() },
    track: [],
  };
});
afterEach(() => {
  for (const exchange of opened) exchange.close();
});

/** A port that is free together with the one above it. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const lower = createServer().listen(0, addresses[0].text);
    await once(lower, "listening");
    const { port } = lower.address() as { port: number };
    const upper = createServer().listen(port + 1, addresses[0].text);
    const free = await once(upper, "listening").then(
      () => true,
      () => false,
    );
    lower.close();
    upper.close();
    if (free) return port;
  }
}

function open(nodeIndex: 0 | 1, secret = "secret", configDigest = 7n) {
  const heard = vi.fn<(heartbeat: Heartbeat, sameConfig: boolean) => void>();
  const died = vi.fn();
  const exchange = openExchange(
    { pair, nodeIndex, addresses: [], configDigest, authenticator: authenticatorOf(secret) },
    { currentHeartbeat: () => saying, heartbeatReceived: heard, lifelineClosed: died, pathChanged: () => undefined },
  );
  opened.push(exchange);
  return { exchange, heard, died };
}

/** Both say the heartbeat again and again until the condition holds. */
const talkUntil = (nodes: readonly { exchange: Exchange }[], condition: () => void) =>
  vi.waitFor(() => {
    for (const { exchange } of nodes) exchange.send(heartbeat);
    condition();
  }, soon);

const allUp = ({ exchange }: { exchange: Exchange }): void =>
  expect(exchange.paths()).toMatchObject([
    { path: "sync", up: true },
    { path: "lifeline", up: true },
  ]);

it("proves both sides to each other and brings every path up", async () => {
  const nodes = [open(0), open(1)] as const;
  await talkUntil(nodes, () => {
    nodes.forEach(allUp);
    // With all that it says, once both have found out that they are of the same version.
    for (const { heard } of nodes) expect(heard).toHaveBeenLastCalledWith(heartbeat, true);
  });
  await talkUntil(nodes, () => {
    for (const { exchange } of nodes) expect(exchange.paths().every(({ peerHears }) => peerHears)).toBe(true);
  });
  expect(nodes[0].exchange.refused()).not.toHaveProperty("misrouted");
});

it("tells of each heartbeat once, though it comes on several paths", async () => {
  const nodes = [open(0), open(1)] as const;
  await talkUntil(nodes, () => nodes.forEach(allUp));
  nodes[1].heard.mockClear();
  nodes[0].exchange.send({ ...heartbeat, term: 9 });
  nodes[0].exchange.send({ ...heartbeat, term: 10 });
  await vi.waitFor(() => expect(nodes[1].heard.mock.lastCall?.[0].term).toBe(10), soon);
  expect(nodes[1].heard.mock.calls.filter(([{ term }]) => term >= 9)).toHaveLength(2);
});

it("says when the two run different configurations, and when they no longer do", async () => {
  const nodes = [open(0, "secret", 1n), open(1, "secret", 2n)] as const;
  await talkUntil(nodes, () => expect(nodes[0].heard).toHaveBeenLastCalledWith(heartbeat, false));
  nodes[1].exchange.setConfigDigest(1n);
  await talkUntil(nodes, () => expect(nodes[0].heard).toHaveBeenLastCalledWith(heartbeat, true));
});

it("counts packets under another key, and hears nothing of them", async () => {
  const nodes = [open(0), open(1, "other")] as const;
  await talkUntil(nodes, () => expect(nodes[0].exchange.refused().wrongMac).toBeGreaterThan(2));
  expect(nodes[0].heard).not.toHaveBeenCalled();
  expect(nodes[0].exchange.paths().every(({ up }) => !up)).toBe(true);
});

it("does not answer while this node says nothing", async () => {
  saying = undefined;
  const nodes = [open(0), open(1)] as const;
  await talkUntil([nodes[0]], () => expect(nodes[1].exchange.refused().unproven).toBeGreaterThan(2));
  expect(nodes[0].heard).not.toHaveBeenCalled();
});

it("tells that the peer's agent died, and believes the one that comes after it", async () => {
  const nodes = [open(0), open(1)] as const;
  await talkUntil(nodes, () => nodes.forEach(allUp));
  nodes[1].exchange.close();
  opened.pop();
  const later = open(1);
  nodes[0].heard.mockClear();
  await talkUntil([nodes[0], later], () => expect(nodes[0].heard).toHaveBeenCalled());
  await talkUntil([nodes[0], later], () => allUp(later));
  expect(nodes[0].died).not.toHaveBeenCalled();
});

it("counts garbage, replays, misrouted packets and its own reflected", async () => {
  const node = open(0);
  const mallory = createSocket("udp4").bind(pair.sync.port, addresses[1].text);
  await once(mallory, "listening");
  const header = { routerId: 51, sender: 1, boot: 5n, challenge: 6n, configDigest: 7n, hears: 1, heartbeat } as const;
  const say = (fields: { path: number; sender?: 0 | 1; seq: number; response: bigint }): Uint8Array =>
    encodePacket({ ...header, ...fields }, authenticatorOf("secret"));
  let challenge: bigint | undefined;
  mallory.on("message", (packet) => {
    if (packet.length === packetLength) challenge = packet.readBigUInt64BE(24);
  });
  const shoot = (packet: Uint8Array): void => mallory.send(packet, pair.sync.port, addresses[0].text);
  shoot(Buffer.from("garbage"));
  shoot(Buffer.alloc(packetLength, 0xff));
  shoot(say({ path: 0, seq: 1, response: 0n }));
  await vi.waitFor(() => expect(challenge).toBeDefined(), soon);
  const proof = say({ path: 0, seq: 2, response: challenge ?? 0n });
  for (const packet of [proof, proof, say({ path: 1, seq: 3, response: 0n })]) shoot(packet);
  shoot(say({ path: 0, sender: 0, seq: 4, response: 0n }));
  await vi.waitFor(() => {
    expect(node.exchange.refused()).toEqual({
      tooShort: 1,
      wrongMagic: 1,
      unproven: 1,
      replayed: 1,
      misrouted: 1,
      reflected: 1,
    });
  }, soon);
  expect(node.heard).toHaveBeenCalledOnce();
  mallory.close();
});

it("keeps the paths of the real peer when a stranger holds a connection to the lifeline's port", async () => {
  const node = open(0);
  const stranger = await vi.waitFor(async () => {
    const socket = connect({ port: pair.sync.port + 1, host: addresses[0].text, localAddress: addresses[1].text });
    socket.on("error", () => undefined);
    await once(socket, "connect");
    return socket;
  }, soon);
  const peer = open(1);
  await talkUntil([node, peer], () => [node, peer].forEach(allUp));
  stranger.destroy();
});

it("takes the late end of a former lifetime's lifeline for no death of the one that came after it", async () => {
  const node = open(0);
  const wire = createSocket("udp4").bind(pair.sync.port, addresses[1].text);
  await once(wire, "listening");
  let challenge = 0n;
  wire.on("message", (packet) => {
    challenge = packet.readBigUInt64BE(24);
  });
  const say = (boot: bigint, seq: number, path = 0): Uint8Array => {
    const header = { routerId: 51, sender: 1, boot, seq, path, challenge: boot, response: challenge } as const;
    return encodePacket(
      { ...header, configDigest: 7n, hears: 1, heartbeat: { ...heartbeat, term: seq } },
      authenticatorOf("secret"),
    );
  };
  const hear = (term: number, boot: bigint) =>
    vi.waitFor(() => {
      wire.send(say(boot, term), pair.sync.port, addresses[0].text);
      expect(node.heard.mock.calls.some(([said]) => said.term === term)).toBe(true);
    }, soon);
  await hear(1, 5n);
  const lifeline = connect({ port: pair.sync.port + 1, host: addresses[0].text, localAddress: addresses[1].text });
  await once(lifeline, "connect");
  lifeline.resume().write(encodeFrame(say(5n, 2, 1)));
  await vi.waitFor(() => expect(node.heard.mock.lastCall?.[0].term).toBe(2), soon);
  const given = once(lifeline, "end");
  await hear(11, 9n);
  await given;
  lifeline.destroy();
  await hear(12, 9n);
  expect(node.died).not.toHaveBeenCalled();
  wire.close();
});

it("is understood by a peer of an older version, understands it, and knows that it is older", async () => {
  const node = open(0);
  const older = createSocket("udp4").bind(pair.sync.port, addresses[1].text);
  await once(older, "listening");
  const said = { ...heartbeat, reach: undefined };
  let challenge = 0n;
  let seq = 0;
  let refused = 0;
  older.on("message", (packet) => {
    if (packet.length > packetLength) refused += 1;
    else challenge = packet.readBigUInt64BE(24);
  });
  await vi.waitFor(
    () => {
      seq += 1;
      const header = { routerId: 51, sender: 1, boot: 5n, seq, path: 0, challenge: 6n, response: challenge } as const;
      const packet = { ...header, configDigest: 7n, hears: undefined, heartbeat: said };
      older.send(encodePacket(packet, authenticatorOf("secret")), pair.sync.port, addresses[0].text);
      node.exchange.send(heartbeat);
      expect(node.heard).toHaveBeenLastCalledWith(said, true);
      expect(node.exchange.peerIsOlder).toBe(true);
    },
    { ...soon, timeout: 20_000 },
  );
  expect(refused).toBeLessThan(seq / 2);
  older.close();
});
