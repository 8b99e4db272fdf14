import { describe, expect, it } from "vitest";
import { editDistance, suggest } from "./suggestion.js";

describe("suggest", () => {
  it.each([
    ["priorty", "priority"],
    ["prioirty", "priority"],
    ["Priority", "priority"],
    ["wieght", "weight"],
    ["fal", "fall"],
    ["zzz", undefined],
    ["p".repeat(41), undefined],
  ])("%s means %s", (word, meant) => expect(suggest(word, ["priority", "weight", "fall"])).toBe(meant));

  it("prefers the closest", () => expect(suggest("rise", ["ride", "rise", "raise"])).toBe("rise"));
});

describe("editDistance", () => {
  it.each([
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["abc", "acb", 1],
    ["kitten", "sitting", 3],
  ])("%j to %j is %d", (from, to, distance) => expect(editDistance(from, to)).toBe(distance));
});
