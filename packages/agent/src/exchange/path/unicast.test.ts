import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { IpAddress } from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { HeartbeatPath } from "./path.js";
import { openUnicastPath } from "./unicast.js";

const left: IpAddress = { family: 4, text: "127.0.0.2" };
const right: IpAddress = { family: 4, text: "127.0.0.3" };
const soon = { timeout: 3_000, interval: 5 };
let port: number;
let paths: HeartbeatPath[];

beforeEach(async () => {
  paths = [];
  const probe = createSocket("udp4").bind(0, left.text);
  await once(probe, "listening");
  port = probe.address().port;
  probe.close();
  await once(probe, "close");
});
afterEach(() => {
  for (const path of paths) path.close();
});

function open(local: IpAddress, peer: IpAddress, reply?: string) {
  const packets: string[] = [];
  const path = openUnicastPath({ index: 1, local, peer, port }, (packet, answer) => {
    packets.push(Buffer.from(packet).toString());
    if (reply !== undefined) answer(Buffer.from(reply));
  });
  paths.push(path);
  return { path, packets };
}

it("carries datagrams between the sync addresses, and answers on the same way", async () => {
  const [one, other] = [open(left, right), open(right, left, "pong")];
  one.path.send(Buffer.from("ping"));
  await vi.waitFor(() => expect(one.packets).toEqual(["pong"]), soon);
  expect(other.packets).toEqual(["ping"]);
});

it("has sent when send returns: the path may be closed at once", async () => {
  const [one, other] = [open(left, right), open(right, left)];
  one.path.send(Buffer.from("farewell"));
  one.path.close();
  paths.shift();
  await vi.waitFor(() => expect(other.packets).toEqual(["farewell"]), soon);
});

it("takes an unreachable peer for silence", async () => {
  const one = open(left, right);
  one.path.send(Buffer.from("nobody hears"));
  one.path.send(Buffer.from("nobody hears"));
  const other = open(right, left);
  await vi.waitFor(() => {
    one.path.send(Buffer.from("hello"));
    expect(other.packets).toContain("hello");
  }, soon);
});

it("waits for its address to become free", async () => {
  const squatter = createSocket("udp4").bind(port, right.text);
  await once(squatter, "listening");
  const [one, other] = [open(left, right), open(right, left)];
  squatter.close();
  await vi.waitFor(() => {
    one.path.send(Buffer.from("hello"));
    expect(other.packets).toContain("hello");
  }, soon);
});
