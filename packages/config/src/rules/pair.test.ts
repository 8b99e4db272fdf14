import { describe, expect, it } from "vitest";
import { accepted, expectErrors, file, pairWith } from "../../fixtures/marked.js";

const withNodes = (nodes: string): string =>
  file({ pair: `pair:\n  name: mail\n  secretFile: /etc/vipair/pair.key\n${nodes}\n` });

describe("nodes", () => {
  it("are exactly two", () => {
    const lb1 = "    lb1: { address: 192.0.2.1, priority: 200 }";
    expectErrors(withNodes(`  ▸nodes:\n${lb1}`), "expected exactly two nodes, found 1");
    const three = `${lb1}\n    lb2: { address: 192.0.2.2, priority: 2 }\n    lb3: { address: 192.0.2.3, priority: 1 }`;
    expectErrors(withNodes(`  ▸nodes:\n${three}`), "expected exactly two nodes, found 3");
    expectErrors(withNodes("  nodes: ▸{}"), "expected exactly two nodes, found 0");
  });

  it("have different names", () => {
    expectErrors(
      withNodes(
        "  ▸nodes:\n    lb1: { address: 192.0.2.1, priority: 2 }\n    ▸lb1: { address: 192.0.2.2, priority: 1 }",
      ),
      "expected exactly two nodes, found 1",
      'the key "lb1" is given twice',
    );
  });

  it.each([
    ["192.0.2.1", "▸192.0.2.1", "192.0.2.1 is already the address of lb1"],
    ["192.0.2.1", "▸2001:db8::2", "the two nodes need addresses of one family, IPv4 or IPv6"],
    ["2001:db8::1", "▸fe80::1", "a link-local address cannot be reached without its interface"],
    ["192.0.2.1", "▸198.51.100.10", "198.51.100.10 is also in addresses; a node needs an address that stays with it"],
    ["192.0.2.1", "▸127.0.0.1", "no interface can carry 127.0.0.1: it is a loopback address"],
    ["192.0.2.1", "▸192.0.2.300", 'expected an IP address, found "192.0.2.300"'],
    ["192.0.2.1", "▸192.0.2.2:80", 'expected an IP address, found "192.0.2.2:80"'],
  ])("have an address each: %s and %s", (first, second, message) => {
    const nodes = `    lb1: { address: "${first}", priority: 2 }\n    lb2:\n      address: ${second}\n      priority: 1`;
    expectErrors(withNodes(`  nodes:\n${nodes}`), message);
  });

  it.each([
    ["0", "expected at least 1, found 0"],
    ["255", "expected at most 254, found 255"],
    ["1.5", "expected a whole number, found 1.5"],
    ["high", 'expected a whole number, found "high"'],
    ["[1]", "expected a whole number, found a list"],
  ])("have a priority from 1 to 254, not %s", (priority, message) => {
    const nodes = `    lb1: { address: 192.0.2.1, priority: ▸${priority} }\n    lb2: { address: 192.0.2.2, priority: 1 }`;
    expectErrors(withNodes(`  nodes:\n${nodes}`), message);
  });

  it("have names", () => {
    const nodes = "    ▸lb.1: { address: 192.0.2.1, priority: 2 }\n    ▸9: { address: 192.0.2.2, priority: 1 }";
    const rule = "is not a name: a letter, then up to 31 letters, digits, - or _";
    expectErrors(withNodes(`  nodes:\n${nodes}`), `"lb.1" ${rule}`, `"9" ${rule}`);
  });
});

describe("pair", () => {
  it.each([
    ["  heartbeat: { routerId: ▸0 }", "expected at least 1, found 0"],
    ["  heartbeat: { routerId: ▸256 }", "expected at most 255, found 256"],
    ["  heartbeat: { transport: ▸udpp }", 'expected one of udp, vrrp, found "udpp"; did you mean "udp"?'],
    ["  heartbeat: { interval: ▸9ms }", "expected a duration from 10ms to 10s, found 9ms"],
    ["  heartbeat: { interval: ▸11s }", "expected a duration from 10ms to 10s, found 11s"],
    ["  heartbeat: { interval: ▸100 }", "expected a duration with its unit, such as 100ms, 2s, 10m or 1h, found 100"],
    [
      "  heartbeat: { interval: ▸1.5s }",
      'expected a duration with its unit, such as 100ms, 2s, 10m or 1h, found "1.5s"',
    ],
    ["  heartbeat: { interfaces: ▸[] }", "expected at least 1 entry"],
    ["  heartbeat: { interfaces: ▸eth0 }", 'expected a list, found "eth0"'],
    ["  heartbeat: { interfaces: [eth0, ▸eth0] }", "eth0 is already in the list"],
    ["  heartbeat: { interfaces: [▸a/b] }", '"a/b" cannot be the name of an interface'],
    ["  heartbeat: { interfaces: [▸..] }", '".." cannot be the name of an interface'],
    ["  heartbeat: { unicast: ▸no }", 'expected true or false, found "no"'],
    ["  heartbeat: { transport: vrrp, checksum: ▸none }", 'expected one of pseudoHeader, message, found "none"'],
    ["  heartbeat: { transport: vrrp, virtualMac: ▸yes }", 'expected true or false, found "yes"'],
    [
      "  heartbeat: { transport: vrrp, unicast: true, virtualMac: ▸true }",
      "with unicast there is no virtual router on a link that could have a MAC address",
    ],
    ["  preemptDelay: ▸2h", "expected a duration from 0s to 1h, found 2h"],
    ["  reachDelay: ▸50ms", "expected a duration from 100ms to 1h, found 50ms"],
    ["  witness: ▸198.51.100.1", 'expected a list, found "198.51.100.1"'],
    ["  witness: [▸gateway]", 'expected an IP address, found "gateway"'],
    ["  witness: [▸203.0.113.1]", "203.0.113.1 is in the network of none of the addresses"],
    [
      "  witness: [▸198.51.100.10]",
      "198.51.100.10 is in addresses, which the nodes hold themselves: a witness is a third host",
    ],
    ["  witness: [▸192.0.2.1]", "192.0.2.1 is lb1 itself: a witness is a third host"],
    ["  witness: [198.51.100.1, ▸198.51.100.1]", "198.51.100.1 is already in the list"],
    [
      "  heartbeat: { transport: vrrp }\n  ▸witness: [198.51.100.1]",
      "a witness does not go with transport: vrrp, whose standby decides by RFC 9568",
    ],
    ["  sync: { port: ▸65535 }", "expected at most 65534, found 65535"],
    ["  sync: ▸7340", "expected a mapping, found 7340"],
    ["  ▸sync:", '"sync" has no value'],
    ["  ▸premept: true", 'unknown key "premept"; did you mean "preempt"?'],
    ["  ▸color: red", 'unknown key "color"'],
  ])("refuses %s", (keys, message) => expectErrors(pairWith(keys), message));

  it("wants a name and an absolute path of the secret", () => {
    const nodes = "  nodes: { a: { address: 192.0.2.1, priority: 1 }, b: { address: 192.0.2.2, priority: 2 } }";
    expectErrors(
      file({ pair: `pair:\n  name: ▸"a b"\n  secretFile: ▸pair.key\n${nodes}\n` }),
      '"a b" is not a name: a letter, then up to 31 letters, digits, - or _',
      'expected an absolute path (it starts with /), found "pair.key"',
    );
    expectErrors(file({ pair: `▸▸pair:\n${nodes}\n` }), 'the key "name" is missing', 'the key "secretFile" is missing');
  });

  it("has defaults", () => {
    const { pair } = accepted(file()).config;
    expect(pair.heartbeat).toEqual({
      transport: "udp",
      routerId: 51,
      interval: 100,
      interfaces: ["eth0"],
      unicast: false,
      checksum: "pseudoHeader",
    });
    expect(pair).toMatchObject({
      preempt: false,
      preemptDelay: 0,
      sync: { port: 7340 },
      track: [],
      reachDelay: 2_000,
      witness: [],
    });
    const witnessed = accepted(pairWith("  witness: [198.51.100.1]")).config.pair;
    expect(witnessed.witness).toEqual([{ address: { family: 4, text: "198.51.100.1" }, interface: "eth0" }]);
  });
});

describe("track", () => {
  it.each([
    ["▸{ weight: 3 }", "expected one of the keys interface, gateway, script, service"],
    ["{ interface: eth0, weight: ▸254 }", "expected at most 253, found 254"],
    ["{ interface: eth0, weight: ▸0 }", "expected at least 1, found 0"],
    ["{ interface: eth0, ▸gateway: 198.51.100.1 }", '"gateway" beside "interface": give each an entry of its own'],
    ["{ interface: eth0, ▸interval: 5s }", '"interval" goes with "gateway" or "script"'],
    ["{ interface: eth0, ▸fall: 2 }", '"fall" goes with "gateway" or "script"'],
    ["{ script: /bin/check, ▸minimum: 2 }", '"minimum" goes with "service"'],
    ["{ gateway: ▸203.0.113.1 }", "203.0.113.1 is in the network of none of the addresses"],
    ["{ service: ▸oma }", 'there is no service "oma"'],
    ["{ gateway: ▸224.0.0.1 }", "no interface can carry 224.0.0.1: it is a multicast address"],
    ["{ script: ▸check }", 'expected an absolute path (it starts with /), found "check"'],
    ["▸eth0", 'expected a mapping, found "eth0"'],
  ])("refuses %s", (entry, message) => expectErrors(pairWith(`  track:\n    - ${entry}`), message));

  const services = `services:
  owa: { listen: 198.51.100.10:443, servers: { ex1: { address: 10.77.2.11:443 } } }
  http: { listen: 198.51.100.10:80, redirect: https }
`;
  const tracking = (entries: string): string => {
    const pair = pairWith(`  track:\n${entries}`);
    return `${pair}${services}`;
  };

  it("refuses a service that has not so many servers, and one thing twice", () => {
    expectErrors(tracking("    - { service: owa, minimum: ▸2 }"), '"owa" has only 1 servers');
    expectErrors(tracking("    - { service: ▸http }"), '"http" has no servers: it redirects');
    expectErrors(
      tracking("    - { service: owa }\n    - { service: ▸owa, weight: 5 }"),
      "service owa is already tracked, at track[0]",
    );
  });

  it("takes the four forms", () => {
    const entries = [
      "{ interface: eth0 }",
      "{ gateway: 198.51.100.1, weight: 50 }",
      "{ script: /bin/check, interval: 2s, fall: 1 }",
      "{ service: owa, weight: 20 }",
    ];
    const { config, warnings } = accepted(tracking(entries.map((entry) => `    - ${entry}`).join("\n")));
    expect(warnings).toEqual([]);
    expect(config.pair.track).toEqual([
      { kind: "interface", interface: "eth0", weight: undefined },
      {
        kind: "gateway",
        gateway: { family: 4, text: "198.51.100.1" },
        interface: "eth0",
        interval: 1000,
        rise: 2,
        fall: 3,
        weight: 50,
      },
      { kind: "script", script: "/bin/check", interval: 2000, rise: 2, fall: 1, weight: undefined },
      { kind: "service", service: "owa", minimum: 1, weight: 20 },
    ]);
  });

  it("may be left empty", () => expect(accepted(pairWith("  track:")).config.pair.track).toEqual([]));
});
