import { millisOf } from "@vipair/model";
import { describe, expect, it } from "vitest";
import type { initialBalance } from "../balance/index.js";
import { BalanceRun, dns, endpoint, http, owa, server } from "../example.js";
import { sameAddresses, sharedAddresses, type YoungRules, youngServices } from "./young.js";

const smtp = {
  ...owa,
  name: "smtp",
  listen: endpoint("198.51.100.10:25"),
  servers: [server("ex1", "10.77.2.11:25", 2), server("ex2", "10.77.2.12:25")],
};

function balance(services: Parameters<typeof initialBalance>[0], down: readonly string[] = []): BalanceRun {
  return new BalanceRun(services).run(10_000, (key) => !down.includes(key));
}
const young = ({ ruleset }: BalanceRun): readonly YoungRules[] => youngServices(ruleset, sharedAddresses(ruleset));
const names = (run: BalanceRun): string[] => young(run).map(({ name }) => name);

describe("services whose connections may begin on the fast path", () => {
  it("draw from the servers that get new connections, by weight", () => {
    const run = balance([smtp]);
    expect(young(run)).toMatchObject([
      {
        listen: smtp.listen,
        mark: run.state.services[0]?.mark,
        draw: "roundRobin",
        slots: [0, 1, 0],
        destinations: [
          { counter: "server/smtp/ex1", address: endpoint("10.77.2.11:25") },
          { counter: "server/smtp/ex2", address: endpoint("10.77.2.12:25") },
        ],
      },
    ]);
    expect(young(balance([smtp], ["smtp/ex1"]))).toMatchObject([
      { slots: [0], destinations: [{ counter: "server/smtp/ex2" }] },
    ]);
    expect(young(balance([{ ...smtp, scheduler: "random" }]))).toMatchObject([{ draw: "random", slots: [0, 0, 1] }]);
  });

  it("go to the sorry server when no other is left, and are refused elsewhere without one", () => {
    const down = ["smtp/ex1", "smtp/ex2"];
    const sorry = endpoint("10.77.2.99:25");
    expect(young(balance([{ ...smtp, sorry }], down))).toMatchObject([
      { slots: [0], destinations: [{ counter: "sorry/smtp", address: sorry }] },
    ]);
    expect(names(balance([smtp], down))).toEqual([]);
  });

  it("are those of TCP whose rules draw and translate, and do no more", () => {
    const persistence = { prefix: 32, timeout: millisOf(60_000), clients: 100 };
    expect(names(balance([owa, smtp, dns, http]))).toEqual(["owa", "smtp"]);
    expect(names(balance([{ ...owa, persistence }]))).toEqual([]);
    expect(names(balance([{ ...owa, mode: "snat" }]))).toEqual([]);
    expect(names(balance([{ ...owa, scheduler: "sourceHash" }]))).toEqual([]);
  });

  it("share no server with another in the same mode: conntrack tells their connections apart", () => {
    const again = { ...owa, name: "again", listen: endpoint("198.51.100.11:443") };
    expect(names(balance([owa, again, smtp]))).toEqual(["smtp"]);
    expect(names(balance([owa, { ...again, mode: "snat" }]))).toEqual(["owa"]);
    const sorry = { ...smtp, sorry: owa.servers[0]?.address };
    expect(names(balance([owa, sorry]))).toEqual([]);
    expect(
      names(balance([{ ...owa, servers: [server("a", "10.77.2.11:443"), server("b", "10.77.2.11:443")] }])),
    ).toEqual(["owa"]);
  });

  it("are the same objects while their rules are", () => {
    const run = balance([owa, smtp]);
    const before = young(run);
    run.run(10_000, (key) => key !== "smtp/ex1");
    expect(young(run)[1]).not.toEqual(before[1]);
    expect(young(run)[0]).toBe(before[0]);
  });

  it("have the same addresses whoever of their servers is up", () => {
    const run = balance([owa, smtp]);
    const { ruleset } = run;
    run.run(10_000, (key) => key !== "owa/ex1");
    expect(run.eligible()).toEqual(["ex2"]);
    expect(sameAddresses(ruleset, run.ruleset)).toBe(true);
    const replaced = balance([{ ...owa, servers: [server("ex1", "10.77.2.11:443")] }, smtp]);
    expect(sameAddresses(ruleset, replaced.ruleset)).toBe(false);
    expect(sameAddresses(ruleset, balance([owa]).ruleset)).toBe(false);
  });
});
