import { expect, test } from "vitest";
import { assemble, change, exit, jump, jumpIf, load, loadMap, store, storeNumber } from "./instruction.js";

const hex = (...bytes: string[]): Buffer => Buffer.from(bytes.join("").replaceAll(" ", ""), "hex");

test("instructions are in the kernel's form", () => {
  expect(assemble([load(4, 2, 6, 76)])).toEqual(hex("61 62 4c00 00000000"));
  expect(assemble([store(8, 10, -16, 1)])).toEqual(hex("7b 1a f0ff 00000000"));
  expect(assemble([storeNumber(2, 10, -4, 7)])).toEqual(hex("6a 0a fcff 07000000"));
  expect(assemble([change(3, "add", -1)])).toEqual(hex("07 03 0000 ffffffff"));
  expect(assemble(loadMap(1, 9))).toEqual(hex("18 11 0000 09000000", "00 00 0000 00000000"));
});

test("jumps lead to their labels, both ways", () => {
  const program = ["again", jumpIf(1, "equal", 0, "end"), change(1, "subtract", 1), jump("again"), "end", exit];
  expect(assemble(program)).toEqual(
    hex("15 01 0200 00000000", "17 01 0000 01000000", "05 00 fdff 00000000", "95 00 0000 00000000"),
  );
});

test("a label that is not there is a bug", () => {
  expect(() => assemble([jump("nowhere"), exit])).toThrow(new RangeError("no label nowhere"));
});
