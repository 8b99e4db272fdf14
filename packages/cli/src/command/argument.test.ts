import { expect, test } from "vitest";
import { readCount, readDuration, readServerName } from "./argument.js";

test("a server is named SERVICE/SERVER", () => {
  expect(readServerName("owa/ex1")).toEqual({ service: "owa", server: "ex1" });
});

test.each(["owa", "owa/", "/ex1", "owa/ex1/x", ""])("%j names no server", (text) => {
  expect(() => readServerName(text)).toThrow("SERVICE/SERVER");
});

test("a deadline is a duration with its unit", () => {
  expect(readDuration("10m")).toBe(600_000);
});

test.each(["10", "0s", "-5s", "soon"])("%j is no deadline", (text) => {
  expect(() => readDuration(text)).toThrow("duration");
});

test("a limit is a whole number", () => {
  expect(readCount("1000")).toBe(1_000);
});

test.each(["0", "-1", "1.5", "many", ""])("%j is no limit", (text) => {
  expect(() => readCount(text)).toThrow("whole number");
});
