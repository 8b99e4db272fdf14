import { expect, test } from "vitest";
import { confirmed, intervalsMs, nextCandidate, nextDown, type Rung } from "./ladder.js";

const rung = (intervalMs: number, full: boolean, failedAfterSeconds?: number): Rung => ({
  intervalMs,
  full,
  askedSeconds: 30,
  failedAfterSeconds,
});
const short = (...intervals: number[]): Rung[] => intervals.map((ms) => rung(ms, false));

test("the ladder goes down to its end, past an interval that fails", () => {
  expect(nextDown([])).toBe(100);
  expect(nextDown(short(100))).toBe(70);
  expect(nextDown([...short(100, 70), rung(50, false, 3)])).toBe(30);
  expect(nextDown(short(...intervalsMs))).toBeUndefined();
});

test("the smallest survivor has to survive the full time, or the next larger one", () => {
  const down = [...short(100, 70), rung(50, false, 3), ...short(30), rung(20, false, 1), rung(10, false, 1)];
  expect(nextCandidate(down)).toBe(30);
  expect(nextCandidate([...down, rung(30, true, 200)])).toBe(70);
  expect(nextCandidate([...down, rung(30, true, 200), rung(70, true)])).toBeUndefined();
  expect(confirmed([...down, rung(30, true, 200), rung(70, true)])).toBe(70);
});

test("where even the largest interval fails there is nothing to confirm", () => {
  const nothing = intervalsMs.map((ms) => rung(ms, false, 1));
  expect(nextCandidate(nothing)).toBeUndefined();
  const largest = [...short(100), ...nothing.slice(1), rung(100, true, 1)];
  expect(confirmed(largest)).toBeUndefined();
  expect(nextCandidate(largest)).toBeUndefined();
});
