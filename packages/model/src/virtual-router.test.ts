import { expect, it } from "vitest";
import type { Pair } from "./pair.js";
import { placeAddresses, virtualDevices, virtualMac } from "./virtual-router.js";

const prefix = (family: 4 | 6, text: string) => ({ address: { family, text }, length: 24 });
const addresses = [
  { prefix: prefix(4, "198.51.100.10"), interface: "eth0" },
  { prefix: prefix(6, "2001:db8::10"), interface: "eth0" },
  { prefix: prefix(4, "198.51.100.11"), interface: "eth0" },
  { prefix: prefix(4, "203.0.113.10"), interface: "eth0.5" },
  { prefix: prefix(4, "10.77.2.254"), interface: "eth1" },
];
const pairWith = (virtual: boolean): Pair =>
  ({
    heartbeat: { routerId: 51, interfaces: ["eth0", "eth0.5"], ...(virtual && { virtualMac: true }) },
  }) as unknown as Pair;

it("RFC 9568 § 7.3: 00-00-5E-00-01-{VRID} for IPv4, 00-00-5E-00-02-{VRID} for IPv6", () => {
  expect([virtualMac(4, 1), virtualMac(6, 255)]).toEqual(["00:00:5e:00:01:01", "00:00:5e:00:02:ff"]);
});

it("a virtual router's device carries the addresses of one family on one interface of heartbeats", () => {
  expect(virtualDevices(pairWith(true), addresses)).toEqual([
    { name: "vipair4.51", parent: "eth0", mac: "00:00:5e:00:01:33" },
    { name: "vipair6.51", parent: "eth0", mac: "00:00:5e:00:02:33" },
    { name: "vipair4.51.1", parent: "eth0.5", mac: "00:00:5e:00:01:33" },
  ]);
  expect(placeAddresses(pairWith(true), addresses).map((address) => address.interface)).toEqual([
    "vipair4.51",
    "vipair6.51",
    "vipair4.51",
    "vipair4.51.1",
    "eth1",
  ]);
});

it("without virtualMac there is none", () => {
  expect(virtualDevices(pairWith(false), addresses)).toEqual([]);
  expect(placeAddresses(pairWith(false), addresses)).toEqual(addresses);
});
