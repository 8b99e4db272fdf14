import { parseConfig } from "@vipair/config";
import { expect, it } from "vitest";
import { placesOf } from "./place.js";

const places = (track: string, heartbeat = "{ interfaces: [eth0] }") => {
  const result = parseConfig(`
pair:
  name: lab
  secretFile: /etc/vipair/pair.key
  nodes: { lb1: { address: 192.0.2.1, priority: 200 }, lb2: { address: 192.0.2.2, priority: 100 } }
  heartbeat: ${heartbeat}
  track: ${track}
addresses:
  - { address: 198.51.100.10/24, interface: eth0 }
  - { address: "2001:db8:1::10/64", interface: eth0 }
  - { address: 10.77.2.254/24, interface: eth1 }
services:
  web:
    listen: 198.51.100.10:80
    servers: { rs1: { address: 10.77.2.11:80 }, rs2: { address: 10.77.2.12:80 }, far: { address: 10.99.0.1:80 } }
  mail:
    listen: 198.51.100.10:25
    servers: { rs1: { address: 10.77.2.11:25 } }
  moved: { listen: 198.51.100.10:81, redirect: https }
`);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return placesOf(result.config).map((place) => ({
    name: place.interface,
    addresses: place.addresses.map(({ text }) => text).join(" "),
    inquiries: place.inquiries.map(({ as, neighbour }) => `${as.text} → ${neighbour.text}`),
    gateway: place.gateway?.text,
  }));
};

it("asks the real servers of an interface, each once, and takes anybody's traffic for a proof", () => {
  expect(places("[]")).toEqual([
    { name: "eth0", addresses: "198.51.100.10 2001:db8:1::10", inquiries: [], gateway: undefined },
    {
      name: "eth1",
      addresses: "10.77.2.254",
      inquiries: ["10.77.2.254 → 10.77.2.11", "10.77.2.254 → 10.77.2.12"],
      gateway: undefined,
    },
  ]);
});

it.each([
  ["198.51.100.1", "198.51.100.10 → 198.51.100.1"],
  ["2001:db8:1::1", "2001:db8:1::10 → 2001:db8:1::1"],
])("asks the tracked gateway %s, in the name of an address of its family", (gateway, inquiry) => {
  expect(places(`[{ gateway: "${gateway}" }]`)[0]).toMatchObject({ inquiries: [inquiry], gateway });
});

it("is the device of a virtual router that has one", () => {
  const vrrp = "{ transport: vrrp, interfaces: [eth0], virtualMac: true }";
  const gateway = "[{ gateway: 198.51.100.1 }]";
  expect(places(gateway, vrrp).map(({ name, addresses, gateway: asked }) => [name, addresses, asked])).toEqual([
    ["vipair4.51", "198.51.100.10", "198.51.100.1"],
    ["eth1", "10.77.2.254", undefined],
  ]);
});
