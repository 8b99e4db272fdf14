import { type Pair, parsePrefix, type VirtualAddress } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { pair } from "../election/rehearsal.js";
import { routerLinks } from "./link.js";

const virtual = (text: string, name: string): VirtualAddress => {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(text);
  return { prefix, interface: name };
};
const addresses = [
  virtual("198.51.100.10/24", "eth0"),
  virtual("10.77.2.254/24", "eth1"),
  virtual("2001:db8:1::10/64", "eth0"),
  virtual("fe80::10/64", "eth0"),
];
const withHeartbeat = (changes: Partial<Pair["heartbeat"]>): Pair => ({
  ...pair,
  heartbeat: { ...pair.heartbeat, ...changes },
});
const linksOf = (changes: Partial<Pair["heartbeat"]>) =>
  routerLinks(withHeartbeat(changes), "lb1", addresses).map(
    ({ name, destination, local, addresses: listed }) =>
      `${name} ${local?.text ?? "-"} > ${destination.text}: ${listed.map(({ text }) => text).join(" ")}`,
  );

describe("links", () => {
  it("list the addresses of their interface, link-local ones first (RFC 9568 § 5.2.9)", () => {
    expect(linksOf({ interfaces: ["eth0", "eth1"] })).toEqual([
      "eth0 IPv4 - > 224.0.0.18: 198.51.100.10",
      "eth0 IPv6 - > ff02::12: fe80::10 2001:db8:1::10",
      "eth1 IPv4 - > 224.0.0.18: 10.77.2.254",
    ]);
  });

  it("list on the first interface what has none of its own", () => {
    expect(linksOf({ interfaces: ["eth0"] })[0]).toBe("eth0 IPv4 - > 224.0.0.18: 198.51.100.10 10.77.2.254");
    expect(linksOf({ interfaces: ["eth2", "eth1"] })).toEqual([
      "eth2 IPv4 - > 224.0.0.18: 198.51.100.10",
      "eth2 IPv6 - > ff02::12: fe80::10 2001:db8:1::10",
      "eth1 IPv4 - > 224.0.0.18: 10.77.2.254",
    ]);
  });

  it("have the link-layer address of their family and router id, if any (RFC 9568 § 7.3)", () => {
    const macsOf = (changes: Partial<Pair["heartbeat"]>) =>
      routerLinks(withHeartbeat(changes), "lb1", addresses).map(({ mac }) => mac);
    expect(macsOf({ interfaces: ["eth0"], routerId: 254, virtualMac: true })).toEqual([
      "00:00:5e:00:01:fe",
      "00:00:5e:00:02:fe",
    ]);
    expect(macsOf({ interfaces: ["eth0"] })).toEqual([undefined, undefined]);
  });

  it("are one between the nodes' addresses with unicast, of the family of these", () => {
    expect(linksOf({ unicast: true })).toEqual(["unicast IPv4 192.0.2.1 > 192.0.2.2: 198.51.100.10 10.77.2.254"]);
  });
});
