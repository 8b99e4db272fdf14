import { instantOf, millisOf } from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BalanceRun, endpoint, owa } from "../example.js";
import { nextProbe, probeTimes } from "./probeTimes.js";

const checks = (count: number, prefix: string, interval: number) => ({
  ...owa,
  name: prefix,
  interval: millisOf(interval),
  servers: Array.from({ length: count }, (_, i) => ({
    name: `${prefix}${i}`,
    address: endpoint("10.77.2.11:443"),
    weight: 1,
    maxConnections: undefined,
  })),
});

const prefixes = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 5, maxLength: 5 });

describe("probe times", { timeout: 30_000 }, () => {
  it("start at most their even share of 1,000 checks in any 10 ms", () => {
    const spread = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(prefixes, spread, fc.constantFrom(1_000, 2_000, 5_000), (names, seed, interval) => {
        const services = names.map((name) => checks(200, name, interval));
        const slots = new Map<number, number>();
        for (const { position } of probeTimes(services, seed).values()) {
          const slot = Math.floor((position * interval) / 10);
          slots.set(slot, (slots.get(slot) ?? 0) + 1);
        }
        expect(Math.max(...slots.values())).toBeLessThanOrEqual(Math.ceil((1_000 * 10) / interval) + 1);
      }),
      { numRuns: 20 },
    );
  });

  it("keep the rhythm of the interval, with no herd from the very first probe on", () => {
    const run = new BalanceRun(["a", "b", "c", "d", "e"].map((name) => checks(200, name, 2_000)));
    const begin = run.now;
    const perSlot = new Map<number, number>();
    const starts = new Map<string, number[]>();
    run.run(7_000, (key) => {
      const slot = Math.floor((run.now - begin) / 10);
      perSlot.set(slot, (perSlot.get(slot) ?? 0) + 1);
      starts.set(key, [...(starts.get(key) ?? []), run.now]);
      return true;
    });
    // The first probes take one second, and the fastest of the second ones may fall into it.
    expect(Math.max(...perSlot.values())).toBeLessThanOrEqual(18);
    expect(Math.max(...[...perSlot].filter(([slot]) => slot >= 200).map(([, count]) => count))).toBeLessThanOrEqual(7);
    expect(starts.size).toBe(1_000);
    for (const [first = 0, second = 0, ...rest] of starts.values()) {
      expect(first - begin).toBeLessThanOrEqual(1_000);
      expect(second - first).toBeGreaterThanOrEqual(999.99);
      expect(second - first).toBeLessThanOrEqual(3_000.01);
      for (const [i, at] of rest.entries()) expect(at - (rest[i - 1] ?? second)).toBeCloseTo(2_000);
    }
  });

  it("go out at once when they are few", () => {
    const run = new BalanceRun([checks(49, "a", 2_000)]);
    let count = 0;
    run.run(0, () => {
      count += 1;
      return true;
    });
    expect(count).toBe(49);
  });

  it("move nobody by more than a place when a server is added", () => {
    const before = probeTimes([checks(100, "a", 2_000)], 0);
    const after = probeTimes([checks(101, "a", 2_000)], 0);
    for (const [key, { position }] of before) {
      expect(Math.abs((after.get(key)?.position ?? 0) - position)).toBeLessThan(0.02);
    }
  });

  it("are never in the past, and at most one and a half intervals away", () => {
    const time = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(time, fc.nat(5_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (since, took, position) => {
        const now = instantOf(since + took);
        const next = nextProbe(instantOf(since), now, { interval: millisOf(2_000), position });
        expect(next).toBeGreaterThanOrEqual(now - 0.001);
        expect(next).toBeLessThanOrEqual(Math.max(now, since + 1_000) + 2_000);
      }),
    );
  });
});
