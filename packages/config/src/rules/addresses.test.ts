import { describe, expect, it } from "vitest";
import { accepted, expectErrors, file } from "../../fixtures/marked.js";

const holding = (...entries: string[]): string =>
  file({ addresses: `addresses:\n${entries.map((e) => `  - ${e}\n`).join("")}` });
const carrying = (address: string): string => holding(`{ address: ${address}, interface: eth0 }`);

describe("addresses", () => {
  it.each([
    ["▸198.51.100.0/24", "198.51.100.0 is the address of the network in /24"],
    ["▸198.51.100.255/24", "198.51.100.255 is the broadcast address in /24"],
    ["▸198.51.100.127/25", "198.51.100.127 is the broadcast address in /25"],
    ["▸198.51.100.10/0", "a prefix length of 0 is the whole internet"],
    ["▸224.0.0.18/24", "it is a multicast address"],
    ["▸127.0.0.2/8", "it is a loopback address"],
    ["▸0.0.0.0/24", "0.0.0.0 is not the address of a host"],
    ["▸0.1.2.3/24", "addresses in 0.0.0.0/8 belong to no host"],
    ["▸240.0.0.1/24", "addresses in 240.0.0.0/4 are reserved"],
    ["▸255.255.255.255/32", "it is the broadcast address"],
    ['▸"::/64"', ":: is not the address of a host"],
    ['▸"::1/128"', "it is a loopback address"],
    ['▸"ff02::1/64"', "it is a multicast address"],
    ['▸"::ffff:192.0.2.1/128"', "write IPv4 addresses without ::ffff:"],
    ['▸"2001:db8::/64"', "2001:db8:: is the subnet-router anycast address in /64"],
  ])("must fit an interface: %s", (address, why) => {
    const text = address.replace(/[▸"]/g, "");
    expectErrors(carrying(address), `no interface can carry "${text}": ${why}`);
  });

  it.each([
    "198.51.100.0/31",
    "198.51.100.1/31",
    "198.51.100.255/32",
    '"2001:db8::/127"',
    '"fe80::10/64"',
    "10.0.0.255/16",
  ])("takes %s", (address) => expect(accepted(carrying(address)).config.addresses).toHaveLength(1));

  it.each(["198.51.100.10", "198.51.100.10/33", "198.51.100.010/24", "host/24"])("need a prefix: %s", (address) => {
    const expected = "expected an address with the length of its network, such as 198.51.100.10/24";
    expectErrors(carrying(`▸${address}`), `${expected}, found "${address}"`);
  });

  it("are held once, however they are written", () => {
    expectErrors(
      holding(
        "{ address: 198.51.100.10/24, interface: eth0 }",
        "{ address: ▸198.51.100.10/25, interface: eth1 }",
        '{ address: "2001:db8::a/64", interface: eth0 }',
        '{ address: ▸"2001:DB8:0::A/64", interface: eth0 }',
      ),
      "198.51.100.10 is already in addresses, at addresses[0]",
      "2001:db8::a is already in addresses, at addresses[2]",
    );
  });

  it("have an interface", () => {
    expectErrors(holding("▸{ address: 198.51.100.10/24 }"), 'the key "interface" is missing');
    expectErrors(holding("▸address: 198.51.100.10/24"), 'the key "interface" is missing');
  });

  it("are at least one", () => {
    expectErrors(file({ addresses: "addresses: ▸[]\n" }), "expected at least 1 entry");
    expectErrors(`▸${file({ addresses: "" })}`, 'the key "addresses" is missing');
  });
});
