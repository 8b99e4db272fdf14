import { millisOf } from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BalanceRun, dns, endpoint, http, owa, server } from "../example.js";
import { keepsClients, renderEdits } from "./edits.js";
import { serverNumbers } from "./persistence.js";
import { renderRuleset } from "./render.js";

const persistence = { prefix: 24, timeout: millisOf(3_600_000), clients: 1_000 };
const sticky = { ...owa, persistence };
const six = {
  ...sticky,
  listen: endpoint("[2001:db8::10]:443"),
  persistence: { ...persistence, prefix: 56 },
  servers: [server("a", "[fd00::11]:443"), server("b", "[fd00::12]:443")],
};
const up = () => true;
const rulesetOf = (...services: ConstructorParameters<typeof BalanceRun>[0]) =>
  new BalanceRun(services).run(0, up).ruleset;
const part = (script: string, heads: RegExp): string =>
  script
    .split(/^(?= {2}\S)/m)
    .filter((declaration) => heads.test(declaration))
    .join("");

describe("a service that remembers its clients", () => {
  it("looks the client up, and lets others draw", () => {
    expect(
      part(renderRuleset(rulesetOf(sticky)), /^ {2}(map clients|chain (client|kept|service)|counter unkept)/),
    ).toMatchInlineSnapshot(`
      "  counter unkept/owa { }
        map clients/owa {
          type ipv4_addr : mark
          size 1000
          flags dynamic,timeout
          timeout 3600000ms
          comment "clients by /24"
        chain kept/owa/ex1 {
          ct mark set 0x5650eceb
          update @clients/owa { ip saddr & 255.255.255.0 : 670701184 }
          goto server/owa/ex1
        chain kept/owa/ex2 {
          ct mark set 0x5650eceb
          update @clients/owa { ip saddr & 255.255.255.0 : 4184931183 }
          goto server/owa/ex2
        chain client/owa {
          ct mark set ip saddr & 255.255.255.0 map @clients/owa
          ct mark vmap { 670701184 : goto kept/owa/ex1, 4184931183 : goto kept/owa/ex2 }
        chain service/owa {
          ct mark set 0
          jump client/owa
          ct mark != 0 delete @clients/owa { ip saddr & 255.255.255.0 : ct mark }
          ct mark set numgen inc mod 2 map { 0 : 670701184, 1 : 4184931183 }
          add @clients/owa { ip saddr & 255.255.255.0 : ct mark } goto client/owa
          counter name unkept/owa goto client/owa
      "
    `);
  });

  it("takes the prefix of an IPv6 client", () => {
    expect(renderRuleset(rulesetOf(six))).toContain("ct mark set ip6 saddr & ffff:ffff:ffff:ff00:: map @clients/owa");
    const whole = { ...six, persistence: { ...persistence, prefix: 128 } };
    expect(renderRuleset(rulesetOf(whole))).toContain("ct mark set ip6 saddr map @clients/owa");
  });

  it("goes straight to the sorry server, and remembers nobody there", () => {
    const run = new BalanceRun([{ ...sticky, servers: sticky.servers.slice(0, 1), sorry: endpoint("10.77.2.99:443") }]);
    const from = run.run(0, up).ruleset;
    run.step({ type: "adminChanged", service: "owa", server: "ex1", admin: "draining" });
    expect(renderEdits(from, run.ruleset)).toMatchInlineSnapshot(`
      "flush chain inet vipair client/owa
      flush chain inet vipair service/owa
      table inet vipair {
        chain client/owa {
        }
        chain service/owa {
          ct mark set 0x5650eceb
          goto sorry/owa
        }
      }
      "
    `);
  });

  it("leaves the rules of others as they are", () => {
    expect(renderRuleset(rulesetOf(owa, dns, http))).not.toMatch(/clients\/|client\/|kept\/|ct mark set 0$/m);
  });
});

describe("edits of such a service", () => {
  it("change who gets clients, and not who is remembered", () => {
    const run = new BalanceRun([sticky, dns]);
    const from = run.run(0, up).ruleset;
    run.step({ type: "adminChanged", service: "owa", server: "ex1", admin: "draining" });
    expect(renderEdits(from, run.ruleset)).toMatchInlineSnapshot(`
      "flush chain inet vipair client/owa
      flush chain inet vipair service/owa
      table inet vipair {
        chain client/owa {
          ct mark set ip saddr & 255.255.255.0 map @clients/owa
          ct mark vmap { 4184931183 : goto kept/owa/ex2 }
        }
        chain service/owa {
          ct mark set 0
          jump client/owa
          ct mark != 0 delete @clients/owa { ip saddr & 255.255.255.0 : ct mark }
          ct mark set numgen inc mod 1 map { 0 : 4184931183 }
          add @clients/owa { ip saddr & 255.255.255.0 : ct mark } goto client/owa
          counter name unkept/owa goto client/owa
        }
      }
      "
    `);
  });

  it("keep the map when servers or other services come and go", () => {
    const from = rulesetOf(sticky, dns);
    const to = rulesetOf({ ...sticky, servers: [...sticky.servers, server("ex3", "10.77.2.13:443")] });
    const script = renderEdits(from, to);
    expect(script).toContain("delete chain inet vipair service/dns\n");
    expect(script).not.toContain("map clients/owa {");
    expect(script).not.toContain("delete map");
    expect(keepsClients(from, to)).toBe(true);
  });

  it.each([
    ["prefix", { prefix: 32 }],
    ["timeout", { timeout: millisOf(1_000) }],
    ["number of clients", { clients: 5 }],
  ])("replace the map when the %s changed", (_, change) => {
    const [from, to] = [rulesetOf(sticky), rulesetOf({ ...sticky, persistence: { ...persistence, ...change } })];
    const script = renderEdits(from, to);
    expect(script.indexOf("delete map inet vipair clients/owa\n")).toBeGreaterThan(script.lastIndexOf("flush chain"));
    expect(script).toContain("map clients/owa {");
    expect(keepsClients(from, to)).toBe(false);
  });

  it("take the map out with the persistence, and put it in", () => {
    const [without, remembering] = [rulesetOf(owa), rulesetOf(sticky)];
    expect(renderEdits(remembering, without)).toContain("delete map inet vipair clients/owa\n");
    expect(renderEdits(without, remembering)).toContain("map clients/owa {");
    expect([keepsClients(remembering, without), keepsClients(without, remembering)]).toEqual([true, false]);
  });
});

describe("serverNumbers", () => {
  const target = fc.nat(0xffff).map((port) => server(`s${port}`, `10.0.0.1:${port + 1 > 65_535 ? 1 : port + 1}`));
  const targets = fc.uniqueArray(target, { selector: ({ address }) => address.port, maxLength: 300 });

  it("are different, none is 0, and the order of the servers does not matter", () => {
    fc.assert(
      fc.property(targets, (servers) => {
        const numbers = serverNumbers(servers);
        expect(new Set([0, ...numbers.values()]).size).toBe(servers.length + 1);
        expect(serverNumbers([...servers].reverse())).toEqual(numbers);
      }),
      { numRuns: 50 },
    );
  });

  it("stay when a server is added or gets another name", () => {
    const before = serverNumbers(owa.servers).get("ex1");
    expect(serverNumbers([server("ex9", "10.77.2.9:443"), ...owa.servers]).get("ex1")).toBe(before);
    expect(serverNumbers([server("other", "10.77.2.11:443")]).get("other")).toBe(before);
  });
});
