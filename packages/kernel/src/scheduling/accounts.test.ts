import { expect, it } from "vitest";
import { readAccounts } from "./accounts.js";

it("reads clocks and accounts that grow while this thread runs", () => {
  const before = readAccounts();
  for (const until = performance.now() + 200; performance.now() < until; );
  const now = readAccounts();
  expect(now.at - before.at).toBeGreaterThanOrEqual(200);
  // The two clocks are read one after the other.
  expect(now.suspended).toBeGreaterThan(-50);
  const cpu = (now.ran ?? 0) - (before.ran ?? 0) + (now.waited ?? 0) - (before.waited ?? 0);
  // A kernel that keeps no accounts of threads says nothing.
  expect(now.ran === undefined || cpu > 20).toBe(true);
  expect(now.stolen.every((ms) => Number.isFinite(ms))).toBe(true);
});
