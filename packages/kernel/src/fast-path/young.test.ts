import { type Endpoint, flowMark, flowMarkMask, instantOf, parseEndpoint } from "@vipair/model";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bootClock } from "../clock/boot-clock.js";
import { type Conntrack, openConntrack } from "../conntrack/conntrack.js";
import { because, obstacle, run, until } from "../laboratory/namespace.js";
import { interfaceIndex } from "../link/link.js";
import { internetChecksum } from "../packet/checksum.js";
import { parseMac } from "../packet/mac.js";
import { closePacketSocket, openPacketSocket, sendFrame } from "../packet/socket.js";
import type { FastPath } from "./fast-path.js";
import { clientProgram, type Hosts, openHosts, openLeased, type Program, start } from "./hosts.fixture.js";
import type { YoungConnection } from "./layout.js";
import type { LeaseEnd } from "./lease-end.js";
import type { Young } from "./young.js";

const endpoint = (text: string): Endpoint => {
  const parsed = parseEndpoint(text);
  if (parsed === undefined) throw new Error(`no endpoint ${text}`);
  return parsed;
};
const listener = endpoint("198.51.100.10:80");
const server = { address: endpoint("10.77.2.11:9000"), number: 3 };
const other = { address: endpoint("10.77.2.11:9002"), number: 5 };
/** Nobody listens there. */
const refusing = { address: endpoint("10.77.2.11:9001"), number: 4 };

describe.skipIf(obstacle !== undefined)(`young connections${because}`, () => {
  let hosts: Hosts;
  let client: Program;
  let conntrack: Conntrack;
  let fastPath: FastPath;
  let young: Young;
  let lease: LeaseEnd;
  let nextPort = 20_000;

  beforeAll(async () => {
    hosts = await openHosts();
  });
  afterAll(() => hosts?.close());
  beforeEach(() => {
    run("nft flush set inet test ports");
    conntrack = openConntrack();
    openOn(["c0", "s0"]);
    client = start(hosts.clients, clientProgram);
  });
  afterEach(() => {
    client.close();
    fastPath.close();
    conntrack.close();
    run("conntrack -F 2>/dev/null");
  });

  function openOn(interfaces: readonly string[]): void {
    ({ fastPath, lease } = openLeased(interfaces, { begins: true }));
    if (fastPath.young === undefined) throw new Error("nothing begins there");
    young = fastPath.young;
  }
  const serve = (listen: Endpoint, servers = [server], slots = servers.map((_, place) => place)): void =>
    expect(young.serve({ listen, draw: "roundRobin", slots, servers })).toEqual({ ok: true });
  const ordinary = (): number => Number(/packets (\d+)/.exec(run("nft list counter inet test ordinary"))?.[1]);
  /** How many packets of connections that this test opened took the ordinary way meanwhile. */
  const ordinaryWhile = async (act: () => Promise<unknown>): Promise<number> => {
    const before = ordinary();
    await act();
    return ordinary() - before;
  };
  /** From a port that nobody had, and whose packets count as ordinary ones. */
  const open = async (host = listener.address.text): Promise<number> => {
    const port = nextPort++;
    run(`nft add element inet test ports { ${port} }`);
    expect(await client.ask(`open tcp ${host} 80 ${port}`)).toBe(`${port}`);
    return port;
  };
  const send = async (line = "send 3 100"): Promise<void> => expect(await client.ask(line)).toBe("sent");
  const countOf = (number: number): number | undefined => young.counts(10)[number];
  const openNow = (): readonly YoungConnection[] => young.openSince(bootClock(), 1_000);
  const known = (): YoungConnection[] => [...young.all()].flat();
  const inConntrack = (): number => conntrack.dump({ mark: flowMark, mask: flowMarkMask }).length;

  test.each([
    ["198.51.100.10:80", "10.77.2.11:9000"],
    ["[2001:db8::10]:80", "[fd00::11]:9000"],
  ])("a connection to %s begins, lasts and ends without conntrack, unharmed", async (listen, to) => {
    const [listener, address] = [endpoint(listen), endpoint(to)];
    serve(listener, [{ address, number: 7 }]);
    for (const offload of ["on", "off"]) {
      hosts.clients.run(`ethtool -K c0p tx ${offload}`);
      hosts.servers.run(`ethtool -K s0p tx ${offload}`);
      let port = 0;
      const passed = await ordinaryWhile(async () => {
        port = await open(listener.address.text);
        await send("send 20 1000");
        await send("send 1 3000000");
      });
      expect(passed).toBe(0);
      expect(inConntrack()).toBe(0);
      expect(openNow()).toMatchObject([
        {
          original: { sourcePort: port, destination: listener.address, destinationPort: 80 },
          reply: { source: address.address, sourcePort: 9000, destinationPort: port },
          confirmed: true,
          ended: false,
        },
      ]);
      client.say("end");
      expect(await client.next()).toBe("closed");
      await until(() => openNow().length === 0);
      expect(known().every(({ ended }) => ended)).toBe(true);
    }
    expect(countOf(7)).toBe(2);
  });

  test("a reset ends a connection; its client's port is free at once", async () => {
    serve(listener);
    const port = await open();
    await send();
    client.say("reset");
    expect(await client.next()).toBe("closed");
    await until(() => openNow().length === 0);
    client.close();
    client = start(hosts.clients, clientProgram);
    const passed = await ordinaryWhile(async () => {
      expect(await client.ask(`open tcp ${listener.address.text} 80 ${port}`)).toBe(`${port}`);
      await send();
    });
    expect(passed).toBe(0);
    expect(openNow()).toHaveLength(1);
  });

  test("who is refused may come again with the same port", async () => {
    serve(listener, [refusing, server]);
    expect(await client.ask("open tcp 198.51.100.10 80 4567")).toBe("closed");
    expect(await client.ask("open tcp 198.51.100.10 80 4567")).toBe("4567");
    await send();
    expect([countOf(3), countOf(4)]).toEqual([1, 1]);
  });

  test("slots are drawn in turns", async () => {
    serve(listener, [server, other], [0, 1, 0]);
    for (let round = 0; round < 6; round++) await open();
    expect([countOf(3), countOf(5)]).toEqual([4, 2]);
    young.serve({ listen: listener, draw: "random", slots: [1, 1, 1], servers: [server, other] });
    for (let round = 0; round < 3; round++) await open();
    expect([countOf(3), countOf(5)]).toEqual([4, 5]);
  });

  test("what is withdrawn, and what no lease stands for, begins on the ordinary way", async () => {
    serve(listener);
    await open();
    expect(await ordinaryWhile(() => open())).toBe(0);
    young.withdraw(listener);
    expect(await ordinaryWhile(() => open())).toBeGreaterThan(1);
    serve(listener);
    lease.set(0);
    expect(await ordinaryWhile(() => open())).toBeGreaterThan(1);
    lease.set(instantOf(bootClock() - 1));
    expect(await ordinaryWhile(() => open())).toBeGreaterThan(1);
  });

  test("a connection whose answers would come in where nobody looks begins on the ordinary way", async () => {
    fastPath.close();
    openOn(["c0"]);
    serve(listener);
    await open();
    await send();
    expect(inConntrack()).toBe(1);
    expect(known()).toEqual([]);
  });

  test("a forgotten connection is conntrack's, when conntrack was told of it before", async () => {
    serve(listener);
    const port = await open();
    await send();
    const [connection] = openNow();
    if (connection === undefined) throw new Error("there is none");
    const { original, reply } = connection;
    const tcp = { state: 3, scaleOriginal: 0, scaleReply: 0, flagsOriginal: 8, flagsReply: 8 };
    conntrack.insert([{ protocol: 6, original, reply, status: 0x2e, timeout: 100, mark: flowMark | 7, tcp }]);
    young.forget(connection);
    expect(young.look(connection)).toBeUndefined();
    expect(await ordinaryWhile(() => send("send 10 1000"))).toBeGreaterThan(19);
    expect(conntrack.dump({ mark: flowMark, mask: flowMarkMask })[0]?.original.sourcePort).toBe(port);
    expect(openNow()).toEqual([]);
  });

  test("cleared, none is known", async () => {
    serve(listener);
    for (let round = 0; round < 3; round++) await open();
    expect(known()).toHaveLength(3);
    young.clear();
    expect(known()).toEqual([]);
    expect(openNow()).toEqual([]);
  });

  test("a SYN in the name of a client leaves its connection alone, young or not", async () => {
    for (const isYoung of [false, true]) {
      if (isYoung) serve(listener);
      const port = await open();
      await send();
      serve(listener, [other]);
      sendSyn(port);
      if (!isYoung) await until(() => countOf(5) === 1);
      await send("send 20 1000");
      expect(openNow().length).toBe(isYoung ? 1 : 0);
    }
  });

  test("nor does it when the server that is drawn for it is the one that the client has", async () => {
    const port = await open();
    await send();
    serve(listener);
    sendSyn(port);
    await until(() => countOf(3) === 1);
    expect(await ordinaryWhile(() => send("send 20 1000"))).toBeGreaterThanOrEqual(40);
  });

  test("a server and a client that are no neighbours yet are asked for", async () => {
    serve(listener);
    run("ip neigh flush dev s0; ip neigh flush dev c0");
    await open();
    await send();
    expect(openNow()).toHaveLength(1);
    expect(inConntrack()).toBe(0);
  });

  /** As the client's host would send it, but for the client. */
  function sendSyn(port: number): void {
    const macOf = (show: string): Buffer => parseMac(/ether ([\da-f:]+)/.exec(show)?.[1] ?? "");
    const [to, from] = [macOf(run("ip link show c0")), macOf(hosts.clients.run("ip link show c0p"))];
    const tcp = Buffer.alloc(20);
    tcp.writeUInt16BE(port, 0);
    tcp.writeUInt16BE(80, 2);
    tcp.writeUInt32BE(0x12345678, 4);
    tcp.writeUInt16BE(0x5002, 12);
    tcp.writeUInt16BE(1_000, 14);
    const addresses = Buffer.from([198, 51, 100, 1, 198, 51, 100, 10]);
    tcp.writeUInt16BE(internetChecksum(Buffer.concat([addresses, Buffer.from([0, 6, 0, 20]), tcp])), 16);
    const ip = Buffer.concat([Buffer.from([0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0]), addresses]);
    ip.writeUInt16BE(internetChecksum(ip), 10);
    hosts.clients.inside(() => {
      const link = interfaceIndex("c0p");
      const socket = openPacketSocket(link, 0x0800, Buffer.from([6, 0, 0, 0, 0, 0, 0, 0]));
      sendFrame(socket, link, Buffer.concat([to, from, Buffer.from([8, 0]), ip, tcp]));
      closePacketSocket(socket);
    });
  }
});
