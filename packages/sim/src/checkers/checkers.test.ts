import { type ElectionEffect, nextDeadline, stepElection } from "@vipair/heartbeat";
import { instantOf, type Millis, millisOf } from "@vipair/model";
import { becomeSource, Replica, type ReplicaEffect, Source, type SourceEffect } from "@vipair/sync";
import { describe, expect, it } from "vitest";
import type { Fault } from "../faults/fault.js";
import { SimulatedOwnership } from "../kernel/ownership.js";
import { type RunOptions, runSeed } from "../run.js";
import type { Replacements } from "../world/world.js";

/** Whether this checker finds something in the first stories with a broken machine. */
function isAlarmed(checker: string, options: RunOptions, stories = 300): boolean {
  for (let seed = 1; seed <= stories; seed++) {
    if (runSeed(seed, options).violations.some((violation) => violation.checker === checker)) return true;
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

/** The world with other machines for the replication. */
const withReplica = (Broken: typeof Replica): Replacements => ({
  machines: {
    openReplica: (holdings) => new Broken(holdings),
    becomeReplica: (source) => new Broken(source.retire()),
  },
});
const withSource = (Broken: typeof Source): Replacements => ({
  machines: {
    becomeSource: (replica, term, now, limits) => {
      const holdings = replica.retire();
      return new Broken({ ...limits, ...holdings, term: Math.max(term, holdings.term) }, now);
    },
  },
});

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

  it("followed: a winner that hears the other one give way, and leaves the neighbours with it", () => {
    const step: typeof stepElection = (config, state, event, now) => {
      const { state: next, effects } = stepElection(config, state, event, now);
      if (state.role !== "active" || next.role !== "active" || event.type !== "heartbeatReceived")
        return { state: next, effects };
      const { announceAt, announceSince, announced } = state;
      return {
        state: { ...next, announceAt, announceSince, announced },
        effects: effects.filter(({ type }) => type !== "announceAddresses"),
      };
    };
    expect(isAlarmed("followed", { step })).toBe(true);
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

  it("vacancy: a standby that is in no hurry", () => {
    const step: typeof stepElection = (config, before, event, now) => {
      const next = stepElection(config, before, event, now);
      const { state } = next;
      if (state.role !== "backup" || event.type !== "heartbeatReceived" || state.activeDownAt === undefined)
        return next;
      return { ...next, state: { ...state, activeDownAt: instantOf(state.activeDownAt + 8 * config.interval) } };
    };
    expect(isAlarmed("vacancy", { step })).toBe(true);
  });

  it("no flapping: a node that forgets that it gave way", () => {
    const step: typeof stepElection = (config, state, event, now) =>
      stepElection({ ...config, reachHoldoff: millisOf(0), reachDelay: millisOf(10) }, state, event, now);
    const losses = [0, 1, 0, 1].map((node, i) => ({
      ...{ type: "serverLoss", node: node as 0 | 1, up: 0 },
      ...{ atMs: 14_000 + 800 * i, durationMs: 800 },
    })) satisfies readonly Fault[];
    expect(isAlarmed("no flapping", { faults: losses }, 40)).toBe(false);
    expect(isAlarmed("no flapping", { step, faults: losses })).toBe(true);
  });

  it("recorded cause: an election that becomes active and keeps it to itself", () => {
    const step: typeof stepElection = (...facts) => {
      const { state, effects } = stepElection(...facts);
      return { state, effects: effects.filter((effect) => effect.type !== "reportRole" || effect.to !== "active") };
    };
    expect(isAlarmed("recorded cause", { step })).toBe(true);
  });

  it("recorded cause: an active node that gives way to a standby that reaches no more than it", () => {
    const step: typeof stepElection = (...facts) => {
      const { state, effects } = stepElection(...facts);
      const renamed = (effect: ElectionEffect): ElectionEffect =>
        effect.type === "reportRole" && effect.reason === "handover" ? { ...effect, reason: "betterPlaced" } : effect;
      return { state, effects: effects.map(renamed) };
    };
    expect(isAlarmed("recorded cause", { step })).toBe(true);
  });

  it("witnessed: a standby that is content with silence", () => {
    const step: typeof stepElection = (config, ...facts) => stepElection({ ...config, needsWitness: false }, ...facts);
    const everyWay = ([0, 1, 2] as const).flatMap((path) => [
      { from: 0 as const, path },
      { from: 1 as const, path },
    ]);
    const faults: readonly Fault[] = [
      { type: "witnessLoss", node: 0, atMs: 15_000, durationMs: 12_000 },
      { type: "witnessLoss", node: 1, atMs: 15_000, durationMs: 12_000 },
      { type: "partition", ways: everyWay, atMs: 20_000, durationMs: 7_000 },
    ];
    expect(isAlarmed("witnessed", { faults }, 40)).toBe(false);
    expect(isAlarmed("witnessed", { step, faults })).toBe(true);
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

  it("acknowledged, takeover: a replica that acks what it does not insert", () => {
    class Boastful extends Replica {
      override frameReceived(...frame: Parameters<Replica["frameReceived"]>): readonly ReplicaEffect[] {
        return super.frameReceived(...frame).filter(({ type }) => type !== "insertFlows");
      }
    }
    expect(isAlarmed("acknowledged", withReplica(Boastful))).toBe(true);
    expect(isAlarmed("takeover", withReplica(Boastful))).toBe(true);
  });

  it("acknowledged: a replica that leaves in its kernel what is gone", () => {
    class Hoarding extends Replica {
      override frameReceived(...frame: Parameters<Replica["frameReceived"]>): readonly ReplicaEffect[] {
        return super.frameReceived(...frame).filter(({ type }) => type !== "removeFlows");
      }
    }
    expect(isAlarmed("acknowledged", withReplica(Hoarding))).toBe(true);
  });

  it("acknowledged: a replica that does not hear what its kernel lost", () => {
    class Deaf extends Replica {
      override flowRemoved(): void {}
    }
    expect(isAlarmed("acknowledged", withReplica(Deaf))).toBe(true);
  });

  it("acknowledged: a replica that says hello before it knows its kernel", () => {
    class Rash extends Replica {
      override linkOpened(...facts: Parameters<Replica["linkOpened"]>): readonly ReplicaEffect[] {
        this.dumpBegan();
        this.dumpEnded();
        return super.linkOpened(...facts);
      }
    }
    expect(isAlarmed("acknowledged", withReplica(Rash))).toBe(true);
  });

  it("acknowledged: a source that takes for granted what a stranger has", () => {
    class Trusting extends Source {
      override get protectedCount(): number {
        return this.live - this.dirty - this.unacked;
      }
    }
    expect(isAlarmed("acknowledged", withSource(Trusting))).toBe(true);
  });

  it("takeover: a source that says flushed when it was asked", () => {
    class Hasty extends Source {
      #tokens: number[] = [];

      override flush(token: number): void {
        this.#tokens.push(token);
      }

      override frameReceived(...frame: Parameters<Source["frameReceived"]>): readonly SourceEffect[] {
        const flushed = this.#tokens.splice(0).map((token) => ({ type: "reportFlushed", token }) as const);
        return [...super.frameReceived(...frame), ...flushed];
      }
    }
    const faults: readonly Fault[] = [
      { type: "congestion", bytesPerMs: 5, atMs: 20_000, durationMs: 5_000 },
      { type: "rush", clients: 100, atMs: 20_500, durationMs: 0 },
      { type: "handover", force: false, atMs: 20_510, durationMs: 0 },
    ];
    expect(isAlarmed("takeover", { faults }, 60)).toBe(false);
    expect(isAlarmed("takeover", { ...withSource(Hasty), faults })).toBe(true);
  });

  it("in step: a source that compares no more after the beginning", () => {
    class Complacent extends Source {
      override tick(): void {}
    }
    expect(isAlarmed("in step", withSource(Complacent))).toBe(true);
  });

  it("in step: a source that does not hear of deaths", () => {
    class Deaf extends Source {
      override flowGone(): void {}
    }
    expect(isAlarmed("in step", withSource(Deaf))).toBe(true);
  });

  it("bounded memory: a source that keeps every tombstone", () => {
    const machines: Replacements["machines"] = {
      becomeSource: (replica, term, now) => becomeSource(replica, term, now, { mostTombstones: 1e9 }),
    };
    expect(isAlarmed("bounded memory", { machines })).toBe(true);
  });
});
