import { expect, test } from "vitest";
import { readArguments } from "./arguments.js";

test("several benches at once, each with what it knows", () => {
  expect(readArguments(["throughput", "scale", "--svg", "docs/pictures", "--against", "direct,vipair"])).toMatchObject({
    kind: "measure",
    names: ["throughput", "scale"],
    against: ["direct", "vipair"],
    of: ["services", "servers", "connections"],
    most: 200_000,
    rounds: 3,
    svg: "docs/pictures",
    json: false,
  });
  expect(readArguments(["picture", "a.json", "b.json"])).toEqual({ kind: "picture", files: ["a.json", "b.json"] });
});

test.each([
  [[]],
  [["speed"]],
  [["picture"]],
  [["scale", "--of", "clients"]],
  [["scale", "--rounds", "0"]],
  [["sync", "--fast"]],
])("%j makes no sense", (argv) => {
  expect(() => readArguments(argv)).toThrow();
});
