import { type ElectionEffect, nextDeadline, stepElection } from "@vipair/heartbeat";
import { instantOf, type Millis, millisOf } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { SimulatedOwnership } from "../kernel/ownership.js";
import { runSeed } from "../run.js";
import type { Replacements } from "../world/world.js";

/** Whether this checker finds something in the first stories with a broken machine. */
function isAlarmed(checker: string, broken: Replacements): boolean {
  for (let seed = 1; seed <= 60; seed++) {
    if (runSeed(seed, broken).violations.some((violation) => violation.checker === checker)) return true;
  }
  return false;
}

class EndlessLease extends SimulatedOwnership {
  override renewLease(_ttl: Millis) {
    return super.renewLease(millisOf(1e9));
  }
}

class LeaseWithoutOwner extends SimulatedOwnership {
  override endProcess(): void {}
}

const renewal: ElectionEffect = { type: "renewLease", ttl: millisOf(250) };

describe("the checkers see a broken machine", () => {
  it("single owner: an election that never yields", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const isConflict = event.type === "heartbeatReceived" && event.heartbeat.role === "active";
      return isConflict && state.role === "active" ? { state, effects: [] } : stepElection(config, state, event, now);
    };
    expect(isAlarmed("single owner", { step })).toBe(true);
  });

  it("no needless overlap: a kernel that does not end the lease of a stalled node", () => {
    expect(isAlarmed("no needless overlap", { openOwnership: (kernel) => new EndlessLease(kernel) })).toBe(true);
  });

  it("no needless overlap: a standby that is too impatient", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      if (state.role !== "backup" || event.type !== "deadlineReached") return stepElection(config, state, event, now);
      const activeDownAt = state.activeDownAt && instantOf(state.activeDownAt - 3 * config.interval);
      return stepElection(config, { ...state, activeDownAt }, event, now);
    };
    expect(isAlarmed("no needless overlap", { step })).toBe(true);
  });

  it("answers only active: a kernel that leaves the lease of a dead process", () => {
    expect(isAlarmed("answers only active", { openOwnership: (kernel) => new LeaseWithoutOwner(kernel) })).toBe(true);
  });

  it("answers only active: an election that steps down in words alone", () => {
    const step: typeof stepElection = (...facts) => {
      const { state, effects } = stepElection(...facts);
      return { state, effects: effects.filter(({ type }) => type !== "dropLease" && type !== "removeAddresses") };
    };
    expect(isAlarmed("answers only active", { step })).toBe(true);
  });

  it("lease discipline: a backup that renews", () => {
    const step: typeof stepElection = (config, before, event, now) => {
      const { state, effects } = stepElection(config, before, event, now);
      const isBeat = before.role === "backup" && state.role === "backup" && event.type === "deadlineReached";
      return { state, effects: isBeat ? [renewal, ...effects] : effects };
    };
    expect(isAlarmed("lease discipline", { step })).toBe(true);
  });

  it("lease discipline: an election that does not notice that its lease lapsed", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const sure = state.role === "active" ? { ...state, leaseUntil: instantOf(1e12) } : state;
      return stepElection(config, sure, event, now);
    };
    expect(isAlarmed("lease discipline", { step })).toBe(true);
  });

  it("recovery: a standby that waits for ever", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const next = stepElection(config, state, event, now);
      const isSilence = state.role === "backup" && next.state.role === "active" && event.type === "deadlineReached";
      if (!isSilence) return next;
      const later = instantOf(now + 1e9);
      return { state: { ...state, activeDownAt: later, vacancy: undefined, heartbeatAt: later }, effects: [] };
    };
    expect(isAlarmed("recovery", { step })).toBe(true);
  });

  it("recovery: an active node that hands over for no reason", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const isRestless =
        state.role === "active" && now > state.activeSince + 4_000 && nextDeadline(state) !== undefined;
      return stepElection(config, state, isRestless ? { type: "handoverPrepared", force: true } : event, now);
    };
    expect(isAlarmed("recovery", { step })).toBe(true);
  });
});
