import { expect, test } from "vitest";
import { confirmed, intervalsMs, nextCandidate, nextDown, type Rung } from "./ladder.js";

const rung = (intervalMs: number, full: boolean, failedAfterSeconds?: number): Rung => ({
  intervalMs,
  full,
  askedSeconds: 30,
  failedAfterSeconds,
});
const short = (...intervals: number[]): Rung[] => intervals.map((ms) => rung(ms, false));

test("the ladder goes down until an interval fails", () => {
  expect(nextDown([])).toBe(100);
  expect(nextDown(short(100))).toBe(70);
  expect(nextDown([...short(100, 70), rung(50, false, 3)])).toBeUndefined();
  expect(nextDown(short(...intervalsMs))).toBeUndefined();
});

test("the smallest survivor has to survive the full time, or the next larger one", () => {
  const down = [...short(100, 70, 50), rung(30, false, 3)];
  expect(nextCandidate(down)).toBe(50);
  expect(nextCandidate([...down, rung(50, true, 200)])).toBe(70);
  expect(nextCandidate([...down, rung(50, true, 200), rung(70, true)])).toBeUndefined();
  expect(confirmed([...down, rung(50, true, 200), rung(70, true)])).toBe(70);
});

test("where even the largest interval fails there is nothing to confirm", () => {
  expect(nextCandidate([rung(100, false, 1)])).toBeUndefined();
  expect(confirmed([...short(100), rung(100, true, 1)])).toBeUndefined();
  expect(nextCandidate([...short(100), rung(70, false, 2), rung(100, true, 1)])).toBeUndefined();
});
