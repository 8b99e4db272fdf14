import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundRobinSlots } from "./roundRobin.js";

const servers = (...weights: number[]) => weights.map((weight, i) => ({ name: `s${i}`, weight }));

describe("roundRobinSlots", () => {
  it("interleaves", () => {
    expect(roundRobinSlots(servers(5, 1, 1))).toEqual([0, 0, 1, 0, 2, 0, 0]);
    expect(roundRobinSlots(servers(1, 1, 1))).toEqual([0, 1, 2]);
  });

  it("reduces weights by their greatest common divisor", () => {
    expect(roundRobinSlots(servers(200, 100))).toEqual(roundRobinSlots(servers(2, 1)));
  });

  it("gives every server as many turns as its weight, and never two more than its share in any stretch", () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, (list) => {
        const slots = roundRobinSlots(servers(...list));
        const total = list.reduce((sum, weight) => sum + weight, 0);
        for (const [i, weight] of list.entries()) {
          expect(slots.filter((slot) => slot === i).length * total).toBe(weight * slots.length);
          let turns = 0;
          for (const [at, slot] of slots.entries()) {
            if (slot === i) turns += 1;
            expect(Math.abs(turns - ((at + 1) * weight) / total)).toBeLessThan(2);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it("keeps the cycle short with many odd weights, and forgets nobody", () => {
    const list = Array.from({ length: 100 }, (_, i) => (i === 0 ? 1 : 254 - (i % 3)));
    const slots = roundRobinSlots(servers(...list));
    expect(slots.length).toBeLessThanOrEqual(1_200);
    expect(new Set(slots).size).toBe(100);
  });
});
