import { after, type Instant, instantOf, millisOf } from "@vipair/model";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  initialStrays,
  reachStrayDeadline,
  type StrayEvent,
  type StrayState,
  stepStrays,
  strayDeadline,
  strayPolicy,
} from "./stray.js";

const at = (ms: number): Instant => after(instantOf(1_000_000), millisOf(ms));
const taken: StrayEvent = { type: "ownershipTaken" };
const lost = (planned: boolean): StrayEvent => ({ type: "ownershipLost", planned });
const settled = (is: boolean): StrayEvent => ({ type: "peerSettled", settled: is });

/** What the policy is after these events and times in ms. */
function policyAfter(...story: readonly (StrayEvent | number)[]): string {
  let now = 0;
  const state = story.reduce<StrayState>((before, one) => {
    if (typeof one !== "number") return stepStrays(before, one, at(now));
    now += one;
    return reachStrayDeadline(before, at(now));
  }, initialStrays);
  return strayPolicy(state);
}

it("drops on a node that owns nothing", () => {
  expect(policyAfter(settled(true), 60_000)).toBe("drop");
});

it("drops after a takeover while something may be on its way, and resets when it is not", () => {
  expect(policyAfter(settled(true), taken, 1_999)).toBe("drop");
  expect(policyAfter(settled(true), taken, 2_000)).toBe("reset");
  expect(policyAfter(taken, 2_000)).toBe("drop");
  expect(policyAfter(taken, 3_000, settled(true))).toBe("reset");
  expect(policyAfter(taken, 1_000, settled(true), 999)).toBe("drop");
});

it("waits for a link that says nothing no longer than it takes to notice", () => {
  expect(policyAfter(taken, 7_999)).toBe("drop");
  expect(policyAfter(taken, 8_000)).toBe("reset");
});

it("stays with the reset when the peer comes back", () => {
  expect(policyAfter(settled(true), taken, 2_000, settled(false), 10)).toBe("reset");
});

it("passes on for a while after a planned hand-over only", () => {
  expect(policyAfter(taken, 5_000, lost(true))).toBe("passOn");
  expect(policyAfter(taken, lost(true), 1_499)).toBe("passOn");
  expect(policyAfter(taken, lost(true), 1_500)).toBe("drop");
  expect(policyAfter(taken, 9_000, lost(false))).toBe("drop");
  expect(policyAfter(lost(true))).toBe("drop");
});

it("begins anew with every takeover", () => {
  expect(policyAfter(settled(true), taken, 3_000, lost(true), 100, taken, 1_000)).toBe("drop");
});

it("resets nothing on a node that has not owned for as long as anything may be on its way", () => {
  const happening = fc.oneof(
    fc.constant(taken),
    fc.boolean().map(lost),
    fc.boolean().map(settled),
    fc.nat({ max: 4_000 }),
  );
  fc.assert(
    fc.property(fc.array(happening), (story) => {
      let state = initialStrays;
      let now = 0;
      let ownedSince: number | undefined;
      for (const one of story) {
        if (typeof one === "number") {
          now += one;
          state = reachStrayDeadline(state, at(now));
          expect(strayDeadline(state) ?? at(now + 1)).toBeGreaterThan(at(now));
        } else {
          if (one.type === "ownershipTaken") ownedSince = now;
          if (one.type === "ownershipLost") ownedSince = undefined;
          state = stepStrays(state, one, at(now));
        }
        if (strayPolicy(state) === "reset") expect(now - (ownedSince ?? now)).toBeGreaterThanOrEqual(2_000);
      }
    }),
  );
});
