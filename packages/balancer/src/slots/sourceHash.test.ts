import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { slotCount, sourceHashSlots } from "./sourceHash.js";

const serverList = fc
  .uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 10 })
  .chain((names) =>
    fc
      .array(fc.integer({ min: 1, max: 255 }), { minLength: names.length, maxLength: names.length })
      .map((weights) => names.map((name, i) => ({ name, weight: weights[i] ?? 1 }))),
  );

describe("sourceHashSlots", () => {
  it("moves only the slots of a server that is lost", () => {
    fc.assert(
      fc.property(serverList, fc.nat(), (servers, pick) => {
        const lost = servers[pick % servers.length];
        const left = servers.filter((server) => server !== lost);
        const before = sourceHashSlots("owa", servers, 256).map((i) => servers[i]);
        const after = sourceHashSlots("owa", left, 256).map((i) => left[i]);
        for (const [slot, owner] of before.entries()) {
          if (owner !== lost) expect(after[slot]).toBe(owner);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("does not depend on the order of the servers", () => {
    fc.assert(
      fc.property(serverList, (servers) => {
        const turned = [...servers].reverse();
        const names = sourceHashSlots("owa", servers, 256).map((i) => servers[i]?.name);
        expect(sourceHashSlots("owa", turned, 256).map((i) => turned[i]?.name)).toEqual(names);
      }),
      { numRuns: 20 },
    );
  });

  it("shares by weight", () => {
    const servers = [
      { name: "ex1", weight: 3 },
      { name: "ex2", weight: 1 },
    ];
    const first = sourceHashSlots("owa", servers, 4_096).filter((i) => i === 0).length;
    expect(first / 4_096).toBeGreaterThan(0.7);
    expect(first / 4_096).toBeLessThan(0.8);
  });

  it("leaves none of many servers without slots", () => {
    const servers = Array.from({ length: 100 }, (_, i) => ({ name: `web${i}`, weight: 1 }));
    expect(new Set(sourceHashSlots("web", servers, slotCount(100))).size).toBe(100);
  });

  it("stays what it is from version to version, since two nodes may run two versions", () => {
    const servers = ["ex1", "ex2", "ex3"].map((name) => ({ name, weight: 1 }));
    expect(sourceHashSlots("owa", servers, 16)).toMatchInlineSnapshot(`
      [
        0,
        0,
        0,
        2,
        1,
        2,
        1,
        1,
        0,
        1,
        2,
        2,
        0,
        1,
        1,
        2,
      ]
    `);
  });
});
