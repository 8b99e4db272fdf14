import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openDriftWatch } from "./drift.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const drift = (missing: number, surplus = 0) => ({ missing, surplus, different: 0 });

it("tells once what was found in one go, and only what is new the next time", () => {
  const tell = vi.fn();
  const watch = openDriftWatch(tell);
  watch.look(drift(0));
  expect(watch.at).toBeUndefined();
  for (const missing of [3, 40, 100]) {
    watch.look(drift(missing));
    vi.advanceTimersByTime(500);
  }
  expect(tell).not.toHaveBeenCalled();
  vi.advanceTimersByTime(600);
  watch.look(drift(100));
  watch.look(drift(100));
  expect(tell.mock.calls).toEqual([[drift(100)]]);
  expect(watch.at).toBeDefined();
  watch.look(drift(101, 1));
  vi.advanceTimersByTime(1_100);
  watch.look(drift(101, 1));
  expect(tell.mock.calls).toEqual([[drift(100)], [drift(1, 1)]]);
});

it("does not wait for ever for something that never rests", () => {
  const tell = vi.fn();
  const watch = openDriftWatch(tell);
  for (let second = 1; second <= 24; second++) {
    watch.look(drift(second));
    vi.advanceTimersByTime(900);
  }
  expect(tell).toHaveBeenCalledTimes(1);
});

it("begins anew with another role", () => {
  const tell = vi.fn();
  const watch = openDriftWatch(tell);
  watch.look(drift(5));
  watch.reset();
  vi.advanceTimersByTime(20_000);
  watch.look(drift(0));
  expect([watch.at, tell.mock.calls.length]).toEqual([undefined, 0]);
});
