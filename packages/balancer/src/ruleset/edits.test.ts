import { describe, expect, it } from "vitest";
import { BalanceRun, dns, endpoint, http, owa } from "../example.js";
import { editTable, renderEdits } from "./edits.js";
import { joinParts, type Part } from "./table.js";

const up = () => true;
const rulesets = (run: BalanceRun, change: (run: BalanceRun) => unknown) => {
  const from = run.run(0, up).ruleset;
  change(run);
  return renderEdits(from, run.ruleset);
};
const drain = { type: "adminChanged", service: "owa", server: "ex1", admin: "draining" } as const;

describe("renderEdits", () => {
  it("rewrites the chain of the one service whose servers changed", () => {
    expect(rulesets(new BalanceRun([owa, dns, http]), (run) => run.step(drain))).toMatchInlineSnapshot(`
      "flush chain inet vipair service/owa
      table inet vipair {
        chain service/owa {
          ct mark set 0x5650eceb
          goto server/owa/ex2
        }
      }
      "
    `);
  });

  it("leaves an empty chain when no server is left", () => {
    const run = new BalanceRun([{ ...owa, servers: owa.servers.slice(0, 1) }]);
    expect(rulesets(run, () => run.step(drain))).toBe(
      "flush chain inet vipair service/owa\ntable inet vipair {\n  chain service/owa {\n  }\n}\n",
    );
  });

  it("rewrites the chain that another policy for strays changes", () => {
    expect(
      rulesets(new BalanceRun([owa]), (run) => run.step({ type: "ownershipTaken" }).run(9_000, up)),
    ).toMatchInlineSnapshot(`
      "flush chain inet vipair unknown
      table inet vipair {
        chain unknown {
          tcp flags & rst == rst drop
          counter name ip daddr . meta l4proto . th dport map @listenerResets4
          counter name ip saddr . meta l4proto . th sport map @serverResets4
          counter name ip6 daddr . meta l4proto . th dport map @listenerResets6
          counter name ip6 saddr . meta l4proto . th sport map @serverResets6
          reject with tcp reset
        }
      }
      "
    `);
  });

  it("is empty when nothing differs", () => {
    expect(rulesets(new BalanceRun([owa]), () => undefined)).toBe("");
  });

  it("says a service that comes and one that goes, and nothing of those that stay", () => {
    const change = (run: BalanceRun) => run.step({ type: "servicesReplaced", services: [dns, http] });
    expect(rulesets(new BalanceRun([owa, dns]), change)).toMatchInlineSnapshot(`
      "delete element inet vipair listeners4 { 198.51.100.10 . tcp . 443 }
      delete element inet vipair services4 { 198.51.100.10 . tcp . 443 }
      delete element inet vipair endpoints4 { 10.77.2.11 . tcp . 443, 10.77.2.12 . tcp . 443 }
      delete element inet vipair listenerResets4 { 198.51.100.10 . tcp . 443 }
      delete element inet vipair serverResets4 { 10.77.2.11 . tcp . 443, 10.77.2.12 . tcp . 443 }
      flush chain inet vipair server/owa/ex1
      flush chain inet vipair server/owa/ex2
      flush chain inet vipair service/owa
      delete chain inet vipair server/owa/ex1
      delete chain inet vipair server/owa/ex2
      delete chain inet vipair service/owa
      delete counter inet vipair server/owa/ex1
      delete counter inet vipair server/owa/ex2
      delete counter inet vipair reset/owa
      table inet vipair {
        chain service/http {
        }
      }
      add element inet vipair listeners4 { 198.51.100.10 . tcp . 80 }
      add element inet vipair services4 { 198.51.100.10 . tcp . 80 : goto service/http }
      "
    `);
  });

  it("leaves the elements that services share to those that stay, and the counter that another has now", () => {
    const other = { ...owa, name: "other", listen: endpoint("198.51.100.11:443") };
    const change = (run: BalanceRun) => run.step({ type: "servicesReplaced", services: [owa] });
    const script = rulesets(new BalanceRun([other, owa]), change);
    expect(script).toContain("delete element inet vipair serverResets4 { 10.77.2.11 . tcp . 443, 10.77.2.12");
    expect(script).toContain(
      'add element inet vipair serverResets4 { 10.77.2.11 . tcp . 443 : "reset/owa", 10.77.2.12',
    );
    expect(script).not.toContain("endpoints4");
  });

  it("asks nothing of those that a reload leaves as they are", () => {
    const change = (run: BalanceRun) => run.step({ type: "servicesReplaced", services: structuredClone([http, owa]) });
    expect(rulesets(new BalanceRun([owa, http]), change)).toBe("");
  });
});

describe("editTable", () => {
  const part = (...parts: Partial<Part>[]): Part => joinParts(parts);
  const chain = (name: string, ...rules: string[]) => ({ chains: [{ name, rules }] });
  const set = (name: string, type: string) => ({
    sets: [{ kind: "set", name, declaration: [`type ${type}`] }] as const,
  });
  const element = (key: string, value = "") => ({ elements: [{ set: "s", key, value }] });

  it("writes nothing for parts that are equal, whatever their order", () => {
    const [a, b] = [part(chain("a", "accept"), { counters: ["a"] }), part(chain("b", "accept"))];
    expect(editTable([a, b], [part(chain("b", "accept")), a])).toBe("");
  });

  it("replaces a set that is declared differently with all its elements, and writes anew who looks something up", () => {
    const stays = part(
      chain("user", "ip saddr @s accept"),
      chain("other", "ip saddr @st accept"),
      element("192.0.2.1"),
    );
    const [before, after] = [part(set("s", "ipv4_addr"), element("192.0.2.2")), part(set("s", "mark"))];
    expect(editTable([stays, before], [stays, after])).toMatchInlineSnapshot(`
      "delete element inet vipair s { 192.0.2.1, 192.0.2.2 }
      flush chain inet vipair user
      delete set inet vipair s
      table inet vipair {
        set s {
          type mark
        }
        chain user {
          ip saddr @s accept
        }
      }
      add element inet vipair s { 192.0.2.1 }
      "
    `);
  });

  it("takes a base chain out that gets another place", () => {
    const base = (hook: string) => part({ chains: [{ name: "base", hook, rules: ["accept"] }] });
    expect(
      editTable([base("type filter hook input priority 0;")], [base("type filter hook input priority 1;")]),
    ).toMatchInlineSnapshot(`
      "flush chain inet vipair base
      delete chain inet vipair base
      table inet vipair {
        chain base {
          type filter hook input priority 1;
          accept
        }
      }
      "
    `);
  });

  it("changes an element whose value is another, and none that another part still has", () => {
    const [low, high] = [part(element("k", "1")), part(element("k", "2"))];
    expect(editTable([low, high], [high])).toBe(
      "delete element inet vipair s { k }\nadd element inet vipair s { k : 2 }\n",
    );
    expect(editTable([low, high], [low])).toBe("");
    expect(editTable([high], [high, low])).toBe(
      "delete element inet vipair s { k }\nadd element inet vipair s { k : 1 }\n",
    );
  });
});
