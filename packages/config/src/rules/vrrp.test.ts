import { describe, expect, it } from "vitest";
import { accepted, expectErrors, expectWarnings, file, pairWith } from "../../fixtures/marked.js";

const nodes = (first: string, second: string, priorities = ["200", "100"]): string => `pair:
  name: mail
  secretFile: /etc/vipair/pair.key
  nodes:
    lb1: { address: "${first}", priority: ${priorities[0]} }
    lb2: { address: "${second}", priority: ${priorities[1]} }
`;
const heartbeat = (keys: string): string => `  heartbeat: { transport: vrrp${keys} }\n`;
const addresses = (...texts: string[]): string =>
  `addresses:\n${texts.map((text) => `  - { address: "${text}", interface: eth0 }\n`).join("")}`;
const many = (count: number, text: (index: number) => string): string =>
  addresses(...Array.from({ length: count }, (_, index) => text(index + 1)));

describe("transport: vrrp", () => {
  it("is accepted, with the checksum that keepalived expects", () => {
    const { config, warnings } = accepted(
      file({ pair: `${nodes("192.0.2.1", "192.0.2.2")}${heartbeat("")}`, addresses: addresses("198.51.100.10/24") }),
    );
    expect(config.pair.heartbeat).toMatchObject({ transport: "vrrp", checksum: "pseudoHeader" });
    expect(config.pair.heartbeat).not.toHaveProperty("virtualMac");
    expect(warnings).toEqual([]);
  });

  it("can have a MAC address of its own", () => {
    const pair = `${nodes("192.0.2.1", "192.0.2.2")}${heartbeat(", virtualMac: true")}`;
    const { config, warnings } = accepted(file({ pair, addresses: addresses("198.51.100.10/24") }));
    expect(config.pair.heartbeat.virtualMac).toBe(true);
    expect(warnings).toEqual([]);
  });

  it("has no fast path with a MAC address of its own", () => {
    const pair = `${nodes("192.0.2.1", "192.0.2.2")}${heartbeat(", virtualMac: true")}`;
    const text = file({ pair, addresses: addresses("198.51.100.10/24") });
    expectErrors(
      `fastPath: ▸true\n${text}`,
      "with virtualMac there is no fast path: packets come in on devices that come and go",
    );
    expect(accepted(`fastPath: false\n${text}`).config.fastPath).toBe("none");
    expect(accepted(`fastPath: true\n${text.replace(", virtualMac: true", "")}`).config.fastPath).toBe("busy");
    expect(accepted(`fastPath: all\n${text.replace(", virtualMac: true", "")}`).config.fastPath).toBe("all");
    expectErrors(`fastPath: ▸most\n${text.replace(", virtualMac: true", "")}`, "expected true, false or all");
  });

  it("counts in centiseconds", () => {
    expectErrors(
      pairWith("  heartbeat: { transport: vrrp, interval: ▸105ms }"),
      "vrrp counts in steps of 10ms, which 105ms is not",
    );
    expect(accepted(pairWith("  heartbeat: { interval: 105ms }")).config.pair.heartbeat.interval).toBe(105);
  });

  it("has keys of its own", () => {
    expectErrors(
      pairWith("  heartbeat: { ▸checksum: message, ▸virtualMac: false }"),
      '"checksum" goes with transport: vrrp',
      '"virtualMac" goes with transport: vrrp',
    );
  });

  it("with unicast advertises addresses of the nodes' family", () => {
    const pair = `${nodes("192.0.2.1", "192.0.2.2")}${heartbeat(", unicast: true")}`;
    expectErrors(
      file({ pair, addresses: addresses("2001:db8::10/64").replace("  -", "  ▸-") }),
      "with unicast, at least one address must be of the nodes' family, IPv4",
    );
    expect(accepted(file({ pair })).warnings).toEqual([]);
  });

  it("advertises no more addresses than a packet holds", () => {
    const pair = `${nodes("192.0.2.1", "192.0.2.2")}${heartbeat("")}`;
    const four = (count: number) =>
      file({ pair, addresses: many(count, (index) => `10.0.${index >> 7}.${(index & 127) + 1}/16`) });
    expect(accepted(four(255)).warnings).toEqual([]);
    expectErrors(four(256).replace("  -", "  ▸-"), "an advertisement holds at most 255 IPv4 addresses, found 256");
  });

  it("warns of an interface on which it has nothing to advertise", () => {
    const pair = `${nodes("192.0.2.1", "192.0.2.2")}${heartbeat(", interfaces: [eth2, eth0, ▸eth1]")}`;
    expectWarnings(
      file({ pair, addresses: addresses("198.51.100.10/24") }),
      "none of the addresses is on eth1, so nothing is advertised there",
    );
  });

  it("warns of IPv6 addresses without a link-local one, and of equal priorities", () => {
    const pair = `${nodes("192.0.2.1", "192.0.2.2")}${heartbeat("")}`;
    expectWarnings(
      file({ pair, addresses: addresses("2001:db8::10/64").replace("  -", "  ▸-") }),
      "RFC 9568 wants a link-local address (fe80::…) among IPv6 addresses; a strict router discards the others",
    );
    expect(accepted(file({ pair, addresses: addresses("2001:db8::10/64", "fe80::10/64") })).warnings).toEqual([]);
    expectWarnings(
      file({
        pair: `${nodes("192.0.2.1", "192.0.2.2", ["100", "▸100"])}${heartbeat("")}`,
        addresses: addresses("198.51.100.10/24"),
      }),
      "equal priorities: the greater address serves",
    );
  });
});
