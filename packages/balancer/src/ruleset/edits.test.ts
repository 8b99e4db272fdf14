import { describe, expect, it } from "vitest";
import { BalanceRun, dns, http, owa, server } from "../example.js";
import { renderEdits } from "./edits.js";

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
      add rule inet vipair service/owa ct mark set 0x5650eceb
      add rule inet vipair service/owa goto server/owa/ex2
      "
    `);
  });

  it("leaves an empty chain when no server is left", () => {
    const run = new BalanceRun([{ ...owa, servers: owa.servers.slice(0, 1) }]);
    expect(rulesets(run, () => run.step(drain))).toBe("flush chain inet vipair service/owa\n");
  });

  it("rewrites the chain that another policy for strays changes", () => {
    expect(
      rulesets(new BalanceRun([owa]), (run) => run.step({ type: "ownershipTaken" }).run(9_000, up)),
    ).toMatchInlineSnapshot(`
      "flush chain inet vipair unknown
      add rule inet vipair unknown tcp flags & rst == rst drop
      add rule inet vipair unknown counter name ip daddr . meta l4proto . th dport map @listenerResets4
      add rule inet vipair unknown counter name ip saddr . meta l4proto . th sport map @serverResets4
      add rule inet vipair unknown counter name ip6 daddr . meta l4proto . th dport map @listenerResets6
      add rule inet vipair unknown counter name ip6 saddr . meta l4proto . th sport map @serverResets6
      add rule inet vipair unknown reject with tcp reset
      "
    `);
  });

  it("is empty when nothing differs", () => {
    expect(rulesets(new BalanceRun([owa]), () => undefined)).toBe("");
  });

  it.each([
    ["a service was added", [owa, dns]],
    ["a server was added", [{ ...owa, servers: [...owa.servers, server("ex3", "10.77.2.13:443")] }]],
    ["a listener changed", [{ ...owa, listen: dns.listen }]],
    ["the mode changed", [{ ...owa, mode: "snat" as const }]],
    ["a sorry server was added", [{ ...owa, sorry: dns.listen }]],
  ])("is undefined when %s", (_, services) => {
    const run = new BalanceRun([owa]);
    expect(rulesets(run, () => run.step({ type: "servicesReplaced", services }))).toBeUndefined();
  });
});
