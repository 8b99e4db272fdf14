import { instantOf } from "@vipair/model";
import { expect, it } from "vitest";
import { openHearing } from "./hearing.js";

/** Heartbeats of one lifetime by number and time in ms. */
function hear(...arrivals: readonly (readonly [seq: number, at: number])[]) {
  const hearing = openHearing();
  for (const [seq, at] of arrivals) hearing.heard(1n, seq, instantOf(at));
  return hearing;
}

it("knows nothing of the quality before a second heartbeat", () => {
  expect(openHearing().quality()).toBeUndefined();
  expect(hear([1, 100]).quality()).toBeUndefined();
  expect(hear([1, 100]).heardAt).toBe(100);
});

it("counts what did not arrive, and measures the pauses", () => {
  expect(hear([1, 0], [2, 100], [5, 400], [6, 510]).quality()).toEqual({
    loss: expect.closeTo(1 / 3),
    gapP99Ms: 300,
    gapWorstMs: 300,
  });
});

it("takes a heartbeat that was overtaken for one that arrived", () => {
  expect(hear([1, 0], [3, 200], [2, 201], [4, 300]).quality()).toMatchObject({ loss: 0 });
});

it("begins anew when the peer has started anew", () => {
  const hearing = hear([500, 0], [501, 100]);
  hearing.heard(2n, 1, instantOf(9_000));
  hearing.heard(2n, 2, instantOf(9_100));
  expect(hearing.quality()).toEqual({ loss: 0, gapP99Ms: 100, gapWorstMs: 100 });
});

it("forgets what is long past", () => {
  const hearing = hear([1, 0], [2, 5_000]);
  for (let n = 3; n < 1_100; n++) hearing.heard(1n, n, instantOf(5_000 + n * 100));
  expect(hearing.quality()).toEqual({ loss: 0, gapP99Ms: 100, gapWorstMs: 100 });
});

it("tells the rare long pause from the usual one", () => {
  const hearing = openHearing();
  for (let n = 0; n < 200; n++) hearing.heard(1n, n, instantOf(n * 100 + (n >= 150 ? 700 : 0)));
  expect(hearing.quality()).toEqual({ loss: 0, gapP99Ms: 100, gapWorstMs: 800 });
});
