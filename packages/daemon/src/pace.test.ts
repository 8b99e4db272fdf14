import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { atBeat, atPace } from "./pace.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("does light work at the least interval, until it is closed", () => {
  const work = vi.fn();
  const pace = atPace(1_000, work);
  vi.advanceTimersByTime(5_000);
  expect(work).toHaveBeenCalledTimes(5);
  pace.close();
  vi.advanceTimersByTime(5_000);
  expect(work).toHaveBeenCalledTimes(5);
});

it("spends a fiftieth of the time on heavy work", () => {
  let spent = 0;
  vi.spyOn(performance, "now").mockImplementation(() => spent);
  const work = vi.fn(() => {
    spent += 100;
  });
  const pace = atPace(1_000, work);
  vi.advanceTimersByTime(5_900);
  expect(work).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(200);
  expect(work).toHaveBeenCalledTimes(2);
  pace.close();
});

it("goes on after work that failed, and ends when the work closes it", () => {
  const failing = vi.fn(() => {
    throw new Error("refused");
  });
  const pace = atPace(1_000, failing);
  expect(() => vi.advanceTimersByTime(1_000)).toThrow("refused");
  expect(() => vi.advanceTimersByTime(1_000)).toThrow("refused");
  pace.close();
  const ended = atPace(1_000, () => ended.close());
  vi.advanceTimersByTime(5_000);
  expect(vi.getTimerCount()).toBe(0);
});

it("does all regular work in one turn, ten times a second or at every so many beats", () => {
  const done: string[] = [];
  const often = atBeat(() => done.push("often"));
  vi.advanceTimersByTime(50);
  const seldom = atBeat(() => done.push("seldom"), 3);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(50 + 500);
  expect(done.filter((what) => what === "often")).toHaveLength(6);
  expect(done.filter((what) => what === "seldom")).toHaveLength(2);
  often.close();
  seldom.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(done).toHaveLength(8);
});

it("begins to beat again for whoever comes when nobody was left", () => {
  atBeat(() => undefined).close();
  const work = vi.fn();
  const again = atBeat(work);
  vi.advanceTimersByTime(100);
  expect(work).toHaveBeenCalledOnce();
  again.close();
});
