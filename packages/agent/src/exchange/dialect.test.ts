import { expect, it } from "vitest";
import { openDialect } from "./dialect.js";

it("offers an extended form now and then, and keeps to the plain one with a peer that never sends the other", () => {
  const dialect = openDialect();
  const forms: string[] = [];
  for (let i = 0; i < 100; i++) {
    expect(dialect.peerIsOlder).toBe(false);
    dialect.heard(1n, false);
    forms.push(dialect.forms().join("+"));
  }
  expect(forms.filter((form) => form === "extended+plain")).toHaveLength(10);
  expect(forms.filter((form) => form === "plain")).toHaveLength(90);
  expect(dialect.peerIsOlder).toBe(true);
});

it("extends what it says to a peer that did, until another lifetime of it comes", () => {
  const dialect = openDialect();
  dialect.heard(1n, true);
  dialect.heard(1n, false);
  expect(dialect.forms()).toEqual(["extended"]);
  dialect.heard(2n, false);
  expect(dialect.forms()).toContain("plain");
  expect(dialect.peerIsOlder).toBe(false);
});
