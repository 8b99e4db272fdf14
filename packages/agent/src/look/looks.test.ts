import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Looks, lookEvery, openLooks } from "./looks.js";

let looks: Looks;
const look = vi.fn();
const since = (ms: number): number => {
  look.mockClear();
  vi.advanceTimersByTime(ms);
  return look.mock.calls.length;
};

beforeEach(() => {
  vi.useFakeTimers();
  looks = openLooks();
});
afterEach(() => {
  looks.close();
  vi.useRealTimers();
});

it("looks at everything with one timer, in the order in which it was added, until it is taken out", () => {
  const seen: string[] = [];
  const forget = looks.add(() => seen.push("first"));
  looks.add(() => seen.push("second"));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(lookEvery);
  expect(seen).toEqual(["first", "second"]);
  forget();
  vi.advanceTimersByTime(lookEvery);
  expect(seen).toEqual(["first", "second", "second"]);
});

it("looks where the process is awake anyway, and a whole time later again", () => {
  looks.add(look);
  vi.advanceTimersByTime(18);
  looks.awake();
  expect(look).toHaveBeenCalledOnce();
  expect(since(19)).toBe(0);
  expect(since(1)).toBe(1);
});

it("never lets more than the time between two looks pass, however often the process is awake", () => {
  const gaps: number[] = [];
  let lookedAt = performance.now();
  looks.add(() => {
    gaps.push(performance.now() - lookedAt);
    lookedAt = performance.now();
  });
  for (const pause of [100, 7, 100, 19, 1, 40, 33]) {
    vi.advanceTimersByTime(pause);
    looks.awake();
  }
  expect(Math.max(...gaps)).toBeLessThanOrEqual(lookEvery);
});

it("looks no more once it is closed", () => {
  looks.add(look);
  looks.close();
  vi.advanceTimersByTime(18);
  looks.awake();
  expect(since(1_000)).toBe(0);
  expect(look).not.toHaveBeenCalled();
});
