import { expect, it } from "vitest";
import { compareReach, formatReach, fullReach } from "./reach.js";

it.each([
  [{}, {}, undefined],
  [{}, { serversUp: 999 }, { level: "servers", better: true }],
  [{ gatewaysLost: 1 }, { serversUp: 0 }, { level: "gateways", better: false }],
  [{ gatewaysLost: 2, serversUp: 0 }, { carriersLost: 1 }, { level: "carriers", better: true }],
] as const)("compares %o with %o level by level", (own, other, difference) => {
  expect(compareReach({ ...fullReach, ...own }, { ...fullReach, ...other })).toEqual(difference);
});

it("takes what nobody told for equal", () => {
  expect(compareReach({ ...fullReach, carriersLost: 3 }, undefined)).toBeUndefined();
  expect(compareReach(undefined, fullReach)).toBeUndefined();
});

it("says what is lost", () => {
  expect(formatReach(fullReach)).toBe("everything");
  expect(formatReach({ carriersLost: 1, gatewaysLost: 2, serversUp: 666 })).toBe(
    "1 interface without carrier, 2 gateways silent, 66 % of the servers up",
  );
});
