import { describe, expect, it } from "vitest";
import { accepted, expectErrors, expectWarnings, file, serversOf, serviceWith } from "../../fixtures/marked.js";

const hint = "expected an address with a port, such as 198.51.100.10:443, 198.51.100.10:53/udp or [2001:db8::1]:443";

describe("listeners", () => {
  const redirecting = (...listeners: string[]): string =>
    file({
      services: `services:\n${listeners.map((l, i) => `  s${i}: { listen: ${l}, redirect: https }\n`).join("")}`,
    });

  it("are on held addresses", () => {
    expectErrors(redirecting("▸198.51.100.11:80"), "198.51.100.11 is not in addresses");
  });

  it("are told of even when the addresses have problems", () => {
    const addresses = "addresses:\n  - { address: ▸198.51.100.10/33, interface: eth0 }\n";
    const services =
      "services:\n  a: { listen: 198.51.100.10:80, redirect: https }\n  b: { listen: ▸192.0.2.9:80, redirect: https }\n";
    expectErrors(
      file({ addresses, services }),
      'expected an address with the length of its network, such as 198.51.100.10/24, found "198.51.100.10/33"',
      "192.0.2.9 is not in addresses",
    );
  });

  it("have one service", () => {
    expectErrors(
      redirecting("198.51.100.10:80", "▸198.51.100.10:80/tcp", "198.51.100.10:81", '"[2001:db8::10]:80"'),
      "the service s0 already listens on 198.51.100.10:80",
    );
  });

  it("may share a port between protocols", () => {
    const services = `services:
  a: { listen: 198.51.100.10:53, servers: { x: { address: 10.0.0.1:53 } } }
  b: { listen: 198.51.100.10:53/udp, servers: { x: { address: 10.0.0.1:53 } } }
`;
    expect(accepted(file({ services })).config.services.map((service) => service.listen.protocol)).toEqual([
      "tcp",
      "udp",
    ]);
  });

  it.each(["198.51.100.10", "198.51.100.10:0", "198.51.100.10:65536", "198.51.100.10:80/sctp", ":53/udp", "mail:80"])(
    "are endpoints, not %s",
    (listen) => expectErrors(redirecting(`▸"${listen}"`), `${hint}, found "${listen}"`),
  );

  it("need quotes around brackets", () => {
    expectErrors(
      serversOf("    redirect: https", "[2001:db8::10]▸:80"),
      "Unexpected scalar at node end; an IPv6 endpoint needs quotes",
    );
    expectErrors(redirecting("[2001:db8::10]▸:80"), "Missing , between flow map items; an IPv6 endpoint needs quotes");
  });
});

describe("servers", () => {
  const with2 = (second: string): string =>
    serversOf(`    servers:\n      a: { address: 10.0.0.1:443 }\n      b: { ${second} }`);

  it.each([
    ["address: ▸10.0.0.1:443", "10.0.0.1:443 is already the address of the server a"],
    ["address: ▸10.0.0.2:443/udp", "the service is tcp, and this is udp"],
    ['address: ▸"[2001:db8::2]:443"', "the service listens on IPv4, and this is IPv6"],
    ["address: ▸198.51.100.10:443", "this is the address that the service itself listens on"],
    ["address: ▸198.51.100.10:444", "198.51.100.10 is a virtual address of the pair; a server needs one of its own"],
    ["address: ▸127.0.0.1:443", "no host can have 127.0.0.1:443: it is a loopback address"],
    ["address: ▸10.0.0.2", `${hint}, found "10.0.0.2"`],
    ["address: 10.0.0.2:1, weight: ▸256", "expected at most 255, found 256"],
    ["address: 10.0.0.2:1, weight: ▸-1", "expected at least 0, found -1"],
    ["address: 10.0.0.2:1, maxConnections: ▸0", "expected at least 1, found 0"],
    ["address: 10.0.0.2:1, ▸wieght: 1", 'unknown key "wieght"; did you mean "weight"?'],
  ])("refuses %s", (second, message) => expectErrors(with2(second), message));

  it("keeps more than one complaint about one value", () => {
    expectErrors(
      with2('address: ▸▸▸"[2001:db8::10]:443/udp", weight: ▸300'),
      "the service listens on IPv4, and this is IPv6",
      "the service is tcp, and this is udp",
      "2001:db8::10 is a virtual address of the pair; a server needs one of its own",
      "expected at most 255, found 300",
    );
  });

  it("must exist", () => {
    expectErrors(serversOf("").replace("owa", "▸owa"), 'a service needs "servers" or "redirect"');
    expectErrors(serversOf("    servers: ▸{}"), "expected at least one server");
    expectErrors(serversOf("    ▸servers:"), '"servers" has no value');
    expectErrors(serversOf("    servers: { ▸a: }"), '"a" has no value');
    expectErrors(serversOf("    servers: { a: ▸10.0.0.1:443 }"), 'expected a mapping, found "10.0.0.1:443"');
  });

  it("have some weight, and not too much", () => {
    const zero =
      "    ▸servers:\n      a: { address: 10.0.0.1:1, weight: 0 }\n      b: { address: 10.0.0.2:1, weight: 0 }";
    expectErrors(serversOf(zero), "every server has weight 0; one must have more");
    const many = Array.from({ length: 17 }, (_, i) => `      s${i}: { address: 10.0.0.${i + 1}:1, weight: 255 }`);
    expectErrors(serversOf(["    ▸servers:", ...many].join("\n")), "the weights add up to 4335, more than 4096");
    expect(accepted(serversOf(["    servers:", ...many.slice(0, 16)].join("\n"))).config.services).toHaveLength(1);
  });

  it("have the protocol of their service, as the sorry server has", () => {
    const servers = "    servers: { a: { address: 10.0.0.1:53 } }\n    sorry: 10.0.0.9:53/udp";
    const [service] = accepted(serversOf(servers, "198.51.100.10:53/udp")).config.services;
    expect(service).toMatchObject({
      servers: [{ address: { protocol: "udp" }, weight: 1 }],
      sorry: { protocol: "udp" },
      health: [],
    });
    expectErrors(serviceWith("    sorry: ▸10.0.0.9:53/udp"), "the service is tcp, and this is udp");
    expectErrors(
      serviceWith("    sorry: ▸198.51.100.10:443"),
      "this is the address that the service itself listens on",
    );
  });

  it("have names", () => {
    const rule = "is not a name: a letter, then up to 31 letters, digits, - or _";
    expectErrors(serversOf("    servers: { ▸1a: { address: 10.0.0.1:443 } }"), `"1a" ${rule}`);
    expectErrors(serversOf("    servers: { a: { address: 10.0.0.1:443 } }").replace("owa", '▸"o/a"'), `"o/a" ${rule}`);
    expectErrors(serversOf("    servers: { a: { address: 10.0.0.1:443 }, ▸__proto__: 5 }"), "a key must be plain text");
    accepted(serversOf("    servers: { constructor: { address: 10.0.0.1:443 }, toString: { address: 10.0.0.2:443 } }"));
  });
});

describe("services", () => {
  it.each([
    ["    mode: ▸dsr", '"dsr" is not available yet; use nat or snat'],
    ["    mode: ▸net", 'expected one of nat, snat, found "net"; did you mean "nat"?'],
    [
      "    scheduler: ▸leastConnections",
      '"leastConnections" is not available yet; use roundRobin, random or sourceHash',
    ],
    ["    scheduler: ▸adaptive", '"adaptive" is not available yet; use roundRobin, random or sourceHash'],
    ["    scheduler: ▸rr", 'expected one of roundRobin, random, sourceHash, found "rr"'],
    ["    timeout: ▸3s", "the timeout must not be longer than the interval, which is 2s"],
    ["    interval: ▸10", "expected a duration with its unit, such as 100ms, 2s, 10m or 1h, found 10"],
    ["    interval: ▸10ms", "expected a duration from 100ms to 1h, found 10ms"],
    ["    rise: ▸0", "expected at least 1, found 0"],
    ["    fall: ▸two", 'expected a whole number, found "two"'],
    ["    persistence: { prefix: ▸33 }", "expected at most 32 in an IPv4 service, found 33"],
    ["    persistence: { clients: ▸0 }", "expected at least 1, found 0"],
    ["    persistence: { timeout: ▸0s }", "expected a duration from 1s to 30d, found 0ms"],
    ["    redirect: ▸http", 'expected https, found "http"; did you mean "https"?'],
  ])("refuses %s", (keys, message) => {
    if (!keys.includes("redirect")) expectErrors(serviceWith(keys), message);
    else expectErrors(serversOf(keys), message);
  });

  it("that redirect have nothing else", () => {
    expectErrors(
      serversOf(
        "    redirect: https\n    ▸mode: nat\n    ▸servers: { a: { address: 10.0.0.1:80 } }\n    ▸health: none",
      ),
      '"mode" has no meaning in a service that redirects',
      '"servers" has no meaning in a service that redirects',
      '"health" has no meaning in a service that redirects',
    );
    expectErrors(
      serversOf("    redirect: https", "▸198.51.100.10:80/udp"),
      "a service that redirects speaks HTTP, which is tcp",
    );
    expectWarnings(serversOf("    redirect: https"));
  });

  it("have defaults", () => {
    expect(accepted(serviceWith("")).config.services[0]).toMatchObject({
      kind: "balanced",
      mode: "nat",
      scheduler: "roundRobin",
      persistence: undefined,
      health: [{ type: "tcp", port: undefined }],
      interval: 2000,
      timeout: 1000,
      rise: 2,
      fall: 3,
      sorry: undefined,
    });
    expect(accepted(serviceWith("    interval: 500ms")).config.services[0]).toMatchObject({ timeout: 500 });
    expect(accepted(serviceWith("    persistence: {}")).config.services[0]).toMatchObject({
      persistence: { prefix: 32, timeout: 3_600_000, clients: 131_072 },
    });
    const six = serversOf(
      "    persistence: { clients: 9 }\n    servers: { a: { address: '[fd00::1]:443' } }",
      '"[2001:db8::10]:443"',
    );
    expect(accepted(six).config.services[0]).toMatchObject({ persistence: { prefix: 128, clients: 9 } });
  });

  it("may be none", () => {
    expect(accepted(file()).config.services).toEqual([]);
    expect(accepted(file({ services: "services:\n" })).config.services).toEqual([]);
    expect(accepted(file({ services: "services: {}\n" })).config.services).toEqual([]);
  });

  it("warn of keys without effect", () => {
    expectWarnings(
      serversOf("    persistence: { prefix: 24 }\n    servers: { a: { address: 10.0.0.1:443, ▸maxConnections: 5 } }"),
      '"maxConnections" limits nothing yet',
    );
  });
});
