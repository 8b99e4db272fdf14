import { expect, it } from "vitest";
import { serviceChain } from "./name.js";

it("refuses names that nft would not take", () => {
  for (const name of ["", "a b", "a/b", "ü", "a;b"]) expect(() => serviceChain(name)).toThrow(RangeError);
});
