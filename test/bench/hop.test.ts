import { expect, test } from "vitest";
import { compareHops, ratioOf } from "./hop.js";

const readings = (...eachUs: number[]) => eachUs.map((each) => ({ eachUs: each, perSecond: 1e6 / each }));

test("a hop is the difference from no hop in the same round, and a multiple of routing's", () => {
  const results = compareHops(
    new Map([
      ["direct", readings(100, 200, 100)],
      ["routing", readings(140, 240, 140)],
      ["vipair", readings(160, 260, 150)],
    ]),
  );
  const [, routing, vipair] = results;
  expect(routing).toMatchObject({ hopUs: { median: 40, least: 40, most: 40 }, hopRatio: 1 });
  expect(vipair).toMatchObject({ hopUs: { median: 60, least: 50, most: 60 }, hopRatio: 1.5 });
  expect(ratioOf(results, "vipair", "routing")).toBe(0.88);
  expect(ratioOf(results, "vipair", "node")).toBeUndefined();
});

test("what drowns in the noise is no ratio", () => {
  const results = compareHops(
    new Map([
      ["direct", readings(100)],
      ["routing", readings(101)],
      ["vipair", readings(110)],
    ]),
  );
  expect(results.map(({ hopRatio }) => hopRatio)).toEqual([undefined, undefined, undefined]);
});
