import { spanText } from "@vipair/model";
import { expect, test } from "vitest";
import { ageText, localTimeText } from "./time.js";

const now = Date.parse("2026-01-10T12:00:00.000Z");

test.each([
  ["2026-01-10T12:00:05.000Z", "0 s"],
  ["2026-01-10T11:59:52.400Z", "7 s"],
  ["2026-01-10T11:59:00.000Z", "1 min"],
  ["2026-01-10T11:00:01.000Z", "59 min"],
  ["2026-01-10T09:00:00.000Z", "3 h"],
  ["2026-01-10T08:48:00.000Z", "3 h 12 min"],
  ["2026-01-05T10:00:00.000Z", "5 d 2 h"],
])("age of %s is %s", (since, text) => {
  expect(ageText(since, now)).toBe(text);
});

test.each([
  [0, "0 ms"],
  [3.21, "3.2 ms"],
  [38, "38 ms"],
  [999.4, "999 ms"],
  [1_234, "1.2 s"],
  [120_000, "2 min"],
])("a span of %d ms is %s", (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

test("the local wall clock, to the millisecond", () => {
  const at = new Date(2026, 0, 2, 3, 4, 5, 6);
  expect(localTimeText(at.toISOString())).toBe("2026-01-02 03:04:05.006");
});
