import { nextDeadline, stepElection } from "@vipair/heartbeat";
import { instantOf } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { explore } from "./explore.js";
import { exploredPairs } from "./pairs.js";

/** A machine with other work needs longer. */
const timeout = 300_000;
const none = { losses: 0, delays: 0, crashes: 0 };

describe.each(exploredPairs)("every schedule of $name", ({ rules }) => {
  it.each([
    { ...none, losses: 2 },
    { ...none, losses: 1, crashes: 1 },
  ])("with at most $losses losses and $crashes crashes keeps every promise", { timeout }, (left) => {
    const { states, broken } = explore(rules, left);
    expect(broken?.what).toBeUndefined();
    expect(states).toBeGreaterThan(10_000);
  });
});

describe("an exploration sees a broken machine", () => {
  const [{ rules } = { rules: undefined }] = exploredPairs;
  const brokenBy = (step: typeof stepElection, left = none): string | undefined =>
    rules === undefined ? undefined : explore({ ...rules, step }, left).broken?.what;

  it("that takes one missed heartbeat for silence", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const next = stepElection(config, state, event, now);
      if (next.state.role !== "backup" || event.type !== "heartbeatReceived") return next;
      return { ...next, state: { ...next.state, activeDownAt: instantOf(now + 1.5 * config.interval) } };
    };
    expect(brokenBy(step, { ...none, losses: 1 })).toBe("two owners, though each could have known of the other");
  });

  it("that never yields", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const isConflict = event.type === "heartbeatReceived" && event.heartbeat.role === "active";
      return isConflict && state.role === "active" ? { state, effects: [] } : stepElection(config, state, event, now);
    };
    expect(brokenBy(step)).toMatch(/^two owners for \d+/);
  });

  it("that says its first word as active once", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const next = stepElection(config, state, event, now);
      if (state.role !== "backup" || next.state.role !== "active") return next;
      return { ...next, state: { ...next.state, heartbeatAt: instantOf(now + config.interval) } };
    };
    expect(brokenBy(step)).toBeUndefined();
    expect(brokenBy(step, { ...none, losses: 1 })).toBe("two owners, though each could have known of the other");
  });

  it("that does not mourn", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const next = stepElection(config, state, event, now);
      const isLate = state.role === "backup" && next.state.role === "active";
      if (!isLate || nextDeadline(state) === undefined) return next;
      const later = instantOf(now + 1e6);
      return { state: { ...state, activeDownAt: later, vacancy: undefined, heartbeatAt: later }, effects: [] };
    };
    expect(brokenBy(step, { ...none, crashes: 1 })).toMatch(/^no owner for \d+/);
  });
});
