import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { explainResult, type HealthState, stepHealth, unknownHealth } from "./health.js";

const thresholds = { rise: 2, fall: 3 };
const run = (results: readonly boolean[], from: HealthState = unknownHealth) =>
  results.reduce((state, ok) => stepHealth(state, ok, thresholds), from).health;

describe("stepHealth", () => {
  it("lets the first result decide at once", () => {
    expect(run([true])).toBe("up");
    expect(run([false])).toBe("down");
  });

  it.each([
    { results: [true, false, false], health: "up" },
    { results: [true, false, false, false], health: "down" },
    { results: [true, false, false, true, false, false], health: "up" },
    { results: [false, true], health: "down" },
    { results: [false, true, true], health: "up" },
    { results: [false, true, false, true], health: "down" },
  ])("$results is $health with rise 2 and fall 3", ({ results, health }) => {
    expect(run(results)).toBe(health);
  });

  it("changes exactly when the last results in a row reach the threshold", () => {
    const results = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(results, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (list, rise, fall) => {
        let state = unknownHealth;
        const seen: boolean[] = [];
        for (const ok of list) {
          const before = state.health;
          state = stepHealth(state, ok, { rise, fall });
          seen.push(ok);
          const last = seen.slice(-(ok ? rise : fall));
          const full = last.length === (ok ? rise : fall) && last.every((result) => result === ok);
          const decides = before === "unknown" || full;
          expect(state.health).toBe(decides ? (ok ? "up" : "down") : before);
        }
      }),
    );
  });
});

describe("explainResult", () => {
  it("counts a run against the present health", () => {
    const once = stepHealth({ health: "up", against: 0 }, false, thresholds);
    expect(explainResult(once, "connection refused", thresholds)).toBe("connection refused, failure 1 of 3");
    const risen = stepHealth({ health: "down", against: 0 }, true, thresholds);
    expect(explainResult(risen, "connected in 1 ms", thresholds)).toBe("connected in 1 ms, success 1 of 2");
    expect(explainResult({ health: "down", against: 0 }, "connection refused", thresholds)).toBe("connection refused");
  });
});
