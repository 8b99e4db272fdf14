import { type Admin, type Health, instantOf, millisOf, type Service } from "@vipair/model";
import fc from "fast-check";
import { expect, it } from "vitest";
import { BalanceRun, dns, http, owa, server } from "../example.js";
import { nextDeadline } from "./deadline.js";
import type { BalanceEffect } from "./effect.js";
import { isEligible } from "./eligible.js";
import { knownHealth, serviceViews } from "./report.js";
import { wantedRuleset } from "./wanted.js";
import { whyServer } from "./why.js";

const configurations: readonly (readonly Service[])[] = [
  [owa, dns, http],
  [owa, { ...dns, health: [{ type: "tcp", port: 53 }] }],
  [{ ...owa, servers: [...owa.servers, server("ex3", "10.77.2.13:443", 0)] }, dns],
  [{ ...owa, servers: owa.servers.slice(1), interval: millisOf(500) }],
  [],
];

const where = fc.record({
  service: fc.constantFrom("owa", "dns", "http", "nothing"),
  server: fc.constantFrom("ex1", "ex2", "ex3", "ns1", "ns2"),
});
const happening = fc.oneof(
  fc.record({ type: fc.constant("wait" as const), delay: fc.nat(5_000) }),
  fc.record({ type: fc.constant("answer" as const), pick: fc.nat(), ok: fc.boolean() }),
  fc.record({
    type: fc.constant("admin" as const),
    at: where,
    admin: fc.constantFrom<Admin>("enabled", "draining", "disabled"),
    deadline: fc.option(fc.nat(10_000), { nil: undefined }),
  }),
  fc.record({ type: fc.constant("reload" as const), index: fc.nat(configurations.length - 1) }),
  fc.record({
    type: fc.constant("peer" as const),
    servers: fc.dictionary(
      fc.constantFrom("owa/ex1", "owa/ex2", "dns/ns1"),
      fc.constantFrom<Health>("up", "down", "unknown"),
    ),
  }),
);

type Probe = Extract<BalanceEffect, { type: "probe" }>;

/** Turns the happening into an event, and returns the effects of its step. */
function happen(run: BalanceRun, what: typeof happening extends fc.Arbitrary<infer T> ? T : never, running: Probe[]) {
  switch (what.type) {
    case "wait":
      run.now = instantOf(run.now + what.delay);
      return run.step({ type: "deadlineReached" }).take();
    case "answer": {
      const [probe] = running.splice(what.pick % Math.max(1, running.length), 1);
      if (probe === undefined) return [];
      const { service, server: name, round } = probe;
      return run.step({ type: "probeAnswered", service, server: name, ok: what.ok, because: "so", round }).take();
    }
    case "admin": {
      const deadline = what.deadline === undefined ? undefined : millisOf(what.deadline);
      return run.step({ type: "adminChanged", ...what.at, admin: what.admin, deadline }).take();
    }
    case "reload":
      return run.step({ type: "servicesReplaced", services: configurations[what.index] ?? [] }).take();
    case "peer":
      return run.step({ type: "peerHealthReceived", servers: what.servers }).take();
  }
}

function checkEffects(effects: readonly BalanceEffect[]): void {
  const types = effects.map(({ type }) => type);
  expect(types.filter((type) => type === "applyRuleset").length).toBeLessThanOrEqual(1);
  const apply = types.indexOf("applyRuleset");
  const cut = types.indexOf("cutConnections");
  if (apply !== -1 && cut !== -1) expect(cut).toBeGreaterThan(apply);
}

function checkState({ state }: BalanceRun): void {
  // As it would be found without the one before.
  expect(state.ruleset).toEqual(wantedRuleset({ ...state, ruleset: undefined }, state));
  for (const { service, servers } of state.services) {
    for (const one of servers) {
      const [first] = whyServer(state, service.name, one.server.name);
      expect(first?.includes(" gets new connections")).toBe(isEligible(one));
      if (one.admin !== "enabled" || one.server.weight === 0) expect(isEligible(one)).toBe(false);
    }
  }
  const views = serviceViews(state).flatMap(({ servers }) => servers);
  expect(knownHealth(state)).toBe(views.every(({ health }) => health !== "unknown"));
}

it("keeps its promises whatever happens", { timeout: 30_000 }, () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      const run = new BalanceRun(configurations[0] ?? []);
      const running: Probe[] = run
        .step({ type: "deadlineReached" })
        .take()
        .filter((effect) => effect.type === "probe");
      for (const what of happenings) {
        const effects = happen(run, what, running);
        checkEffects(effects);
        checkState(run);
        for (const probe of effects.filter((effect) => effect.type === "probe")) {
          const same = running.filter(
            ({ service, server: name }) => service === probe.service && name === probe.server,
          );
          // A server that was removed and came back is another server: its former probe may still be running.
          if (!happenings.some(({ type }) => type === "reload")) expect(same).toEqual([]);
          running.push(probe);
        }
        const deadline = nextDeadline(run.state);
        if (what.type === "wait" && deadline !== undefined) expect(deadline).toBeGreaterThan(run.now);
      }
    }),
    { numRuns: 100 },
  );
});
