import { expect, it } from "vitest";
import { counterOwner, serverChain, serviceChain, sorryChain } from "./name.js";

it("finds the owner of a counter by its name", () => {
  expect(counterOwner(serverChain("owa", "ex-1.a"))).toEqual({ service: "owa", server: "ex-1.a" });
  expect(counterOwner(sorryChain("owa"))).toEqual({ service: "owa", server: undefined });
  expect(counterOwner("server/owa")).toBeUndefined();
  expect(counterOwner("somebody/elses/counter")).toBeUndefined();
});

it("refuses names that nft would not take", () => {
  for (const name of ["", "a b", "a/b", "ü", "a;b"]) expect(() => serviceChain(name)).toThrow(RangeError);
});
