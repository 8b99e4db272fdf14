import { type Family, type IpAddress, parseAddress } from "@vipair/model";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle, run, until } from "../laboratory/namespace.js";
import { type Neighbour, openNeighbour } from "../laboratory/two-hosts.js";
import { check } from "../libc/errno.js";
import { libc } from "../libc/libc.js";
import { type ReadableWatch, watchReadable } from "./readable.js";
import { type VrrpPacket, VrrpSocket } from "./socket.js";

const address = (text: string): IpAddress => parseAddress(text) as IpAddress;
const groups = { 4: address("224.0.0.18"), 6: address("ff02::12") };
const hello = Uint8Array.from(Buffer.from("hello"));

describe.skipIf(obstacle !== undefined)(`VRRP socket${because}`, () => {
  let neighbour: Neighbour;
  let watch: ReadableWatch;
  const linkLocal = { here: "", there: "" };
  const sockets: VrrpSocket[] = [];

  beforeAll(async () => {
    enterNamespace();
    neighbour = await openNeighbour();
    watch = watchReadable();
    const show = (name: string) => `ip -6 -br addr show dev ${name} scope link`;
    const find = (text: string) => /fe80::[0-9a-f:]+/.exec(text)?.[0] ?? "";
    await until(() => !/tentative/.test(run("ip -6 addr show dev v0") + neighbour.host.run("ip -6 addr show dev v1")));
    linkLocal.here = find(run(show("v0")));
    linkLocal.there = find(neighbour.host.run(show("v1")));
  });
  afterAll(async () => {
    watch?.close();
    await neighbour?.close();
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) {
      watch.remove(socket.fd);
      socket.close();
    }
  });

  /** A socket here, or on the neighbour's side. */
  function open(side: "here" | "there", family: Family, multicast = true): VrrpSocket {
    const name = side === "here" ? "v0" : "v1";
    const options = { family, multicast: multicast ? { interface: name, group: groups[family] } : undefined };
    const make = (): VrrpSocket => new VrrpSocket(options);
    const socket = side === "here" ? make() : neighbour.host.inside(make);
    sockets.push(socket);
    return socket;
  }

  function listen(socket: VrrpSocket): VrrpPacket[] {
    const received: VrrpPacket[] = [];
    watch.add(socket.fd, () => {
      for (let packet = socket.receive(); packet !== undefined; packet = socket.receive()) received.push(packet);
    });
    return received;
  }

  const sourceOf = (family: Family, side: "here" | "there"): IpAddress =>
    family === 6 ? address(linkLocal[side]) : address(side === "here" ? "192.0.2.1" : "192.0.2.2");

  test.each<Family>([4, 6])(
    "multicast of IPv%i arrives with its hop limit, source and destination, and not at home",
    async (family) => {
      const received = listen(open("here", family));
      const echo = listen(open("there", family));
      const sender = open("there", family);
      expect(sender.send(sourceOf(family, "there"), groups[family], hello)).toEqual({ ok: true });
      await until(() => received.length > 0);
      const envelope = { source: sourceOf(family, "there"), destination: groups[family] };
      expect(received).toEqual([{ ...envelope, hops: 255, payload: hello }]);
      expect(echo).toEqual([]);
    },
  );

  test.each<[Family, string]>([
    [4, "00:00:5e:00:01:33"],
    [6, "00:00:5e:00:02:33"],
  ])("multicast of IPv%i can come from a link-layer address that no interface has: %s", async (family, mac) => {
    const received = listen(open("here", family));
    const group = groups[family];
    const sender = neighbour.host.inside(() => new VrrpSocket({ family, multicast: { interface: "v1", group, mac } }));
    sockets.push(sender);
    neighbour.frames();
    const source = sourceOf(family, "there");
    expect(sender.send(source, group, hello)).toEqual({ ok: true });
    await until(() => received.length > 0);
    expect(received).toEqual([{ source, destination: group, hops: 255, payload: hello }]);
    const frame = neighbour.frames().find((one) => one.includes("hello"));
    expect(frame?.subarray(0, 12).toString("hex")).toBe(
      (family === 4 ? "01005e000012" : "333300000012") + mac.replaceAll(":", ""),
    );
  });

  test.each<Family>([4, 6])("unicast of IPv%i arrives, multicast does not", async (family) => {
    const received = listen(open("here", family, false));
    const [source, destination] = [
      { 4: address("192.0.2.2"), 6: address("2001:db8::2") },
      { 4: address("192.0.2.1"), 6: address("2001:db8::1") },
    ].map((choice) => choice[family]) as [IpAddress, IpAddress];
    open("there", family).send(sourceOf(family, "there"), groups[family], hello);
    expect(open("there", family, false).send(source, destination, hello)).toEqual({ ok: true });
    await until(() => received.length > 0);
    expect(received).toEqual([{ source, destination, hops: 255, payload: hello }]);
  });

  test.each<[Family, number, number]>([
    [4, 0, 33],
    [6, 41, 18],
  ])("the hop limit of IPv%i is the one that was sent", async (family, level, option) => {
    const received = listen(open("here", family));
    const sender = open("there", family);
    const hops = Buffer.from([64, 0, 0, 0]);
    check(libc.setsockopt(sender.fd, level, option, hops, hops.length), "set hop limit");
    sender.send(sourceOf(family, "there"), groups[family], hello);
    await until(() => received.length > 0);
    expect(received[0]).toMatchObject({ hops: 64, payload: hello });
  });

  test("a source that the node does not have is refused, and so is a missing interface", () => {
    const outcome = open("here", 4).send(address("192.0.2.77"), groups[4], hello);
    expect(outcome).toMatchObject({ ok: false, error: expect.stringMatching(/^send to 224.0.0.18: E/) });
    expect(() => new VrrpSocket({ family: 4, multicast: { interface: "nowhere", group: groups[4] } })).toThrow(
      "interface nowhere: ENODEV",
    );
  });

  test("a removed descriptor is not read any more, a closed watch calls nobody", async () => {
    const socket = open("here", 4);
    const other = listen(open("here", 4));
    const received = listen(socket);
    watch.remove(socket.fd);
    open("there", 4).send(address("192.0.2.2"), groups[4], hello);
    await until(() => other.length > 0);
    expect(received).toEqual([]);
  });
});
