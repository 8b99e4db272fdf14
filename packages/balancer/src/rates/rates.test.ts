import { instantOf } from "@vipair/model";
import { expect, it } from "vitest";
import { type Rates, updateRates } from "./rates.js";

const read = (readings: readonly (readonly [number, number])[]) =>
  readings.reduce<Rates | undefined>(
    (rates, [at, count]) => updateRates(rates, new Map([["server/owa/ex1", count]]), instantOf(at)),
    undefined,
  );
const rate = (readings: readonly (readonly [number, number])[]) => read(readings)?.rates.get("server/owa/ex1");

it("knows no rate after one reading", () => {
  expect(rate([[0, 10]])).toEqual({ total: 10, perSecond: 0 });
});

it("is the mean over the last seconds", () => {
  const steady = Array.from({ length: 30 }, (_, i) => [i * 1_000, i * 100] as const);
  expect(rate(steady)).toEqual({ total: 2_900, perSecond: 100 });
  const quiet = Array.from({ length: 10 }, (_, i) => [(30 + i) * 1_000, 2_900] as const);
  expect(rate([...steady, ...quiet])).toEqual({ total: 2_900, perSecond: 0 });
});

it("goes on counting when the counter was set back", () => {
  const counted = [
    [0, 10],
    [1_000, 20],
    [2_000, 5],
  ] as const;
  expect(rate(counted)).toEqual({ total: 25, perSecond: 7.5 });
});

it("keeps a bounded number of readings", () => {
  expect(read(Array.from({ length: 1_000 }, (_, i) => [i * 1_000, i] as const))?.readings.length).toBeLessThan(8);
});

it("forgets a counter that is gone", () => {
  const before = read([[0, 10]]);
  expect(updateRates(before, new Map(), instantOf(1_000)).rates.size).toBe(0);
});
