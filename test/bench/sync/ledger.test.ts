import { expect, test } from "vitest";
import { Ledger } from "./ledger.js";

const born = [
  { to: 2, at: 100 },
  { to: 3, at: 1_200 },
];

test("the delay of each birth and end is counted from its own step", () => {
  const ledger = new Ledger(3);
  for (const [number, at] of [110, 120, 1_205].entries()) ledger.arrived(number, at);
  ledger.arrived(0, 999);
  ledger.ended(0, 1_507);
  const summary = ledger.summarise(born, [{ to: 1, at: 1_500 }]);
  expect(summary.births).toEqual({ count: 3, p50: 10, p99: 20, worst: 20 });
  expect(summary.deaths).toEqual({ count: 1, p50: 7, p99: 7, worst: 7 });
  expect(summary).toMatchObject({ worstBySecond: [20, 5], lastAt: 1_507 });
});

test("complete: the living have arrived, and the dead have ended where they had arrived", () => {
  const ledger = new Ledger(3);
  ledger.arrived(1, 1);
  ledger.arrived(2, 1);
  expect(ledger.isComplete(3, 0)).toBe(false);
  expect(ledger.isComplete(3, 1)).toBe(true);
  expect(ledger.isComplete(3, 2)).toBe(false);
  ledger.ended(1, 2);
  expect(ledger.isComplete(3, 2)).toBe(true);
});

test("caught up: when the last of what had happened before an instant was here", () => {
  const ledger = new Ledger(3);
  ledger.arrived(0, 110);
  ledger.arrived(1, 900);
  ledger.arrived(2, 1_300);
  expect(ledger.summarise(born, [], 500).caughtUpAt).toBe(900);
  expect(ledger.summarise(born, [], 1_000).caughtUpAt).toBe(1_000);
});
