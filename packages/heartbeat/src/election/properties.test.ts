import { instantOf, millisOf } from "@vipair/model";
import fc from "fast-check";
import { describe, it } from "vitest";
import type { Heartbeat } from "../heartbeat.js";
import { isEligible } from "../node/eligibility.js";
import { nextDeadline } from "./deadline.js";
import type { ElectionEvent } from "./event.js";
import { Rehearsal } from "./rehearsal.js";

const heartbeats: fc.Arbitrary<Heartbeat> = fc.record({
  role: fc.constantFrom("backup", "active"),
  priority: fc.constantFrom(50, 100, 150),
  term: fc.nat({ max: 5 }),
  interval: fc.constantFrom(100, 1_000).map(millisOf),
  resigning: fc.boolean(),
  planned: fc.boolean(),
  eligible: fc.boolean(),
  ready: fc.boolean(),
  maintenance: fc.boolean(),
  hearing: fc.boolean(),
  claiming: fc.boolean(),
  reach: fc.option(
    fc.record({
      carriersLost: fc.nat({ max: 1 }),
      gatewaysLost: fc.nat({ max: 2 }),
      serversUp: fc.constantFrom(0, 500, 1_000),
    }),
    { nil: undefined },
  ),
});

const track = fc.constantFrom("interface eth0", "gateway 198.51.100.1", "script /bin/check", "unknown");
const events: fc.Arbitrary<ElectionEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ type: "deadlineReached" } as const) },
  { weight: 6, arbitrary: heartbeats.map((heartbeat) => ({ type: "heartbeatReceived", heartbeat }) as const) },
  { weight: 4, arbitrary: fc.constant({ type: "balancerHeard" } as const) },
  fc.constantFrom(
    { type: "started" } as const,
    { type: "lifelineClosed" } as const,
    { type: "witnessReached" } as const,
    { type: "leaseRenewed" } as const,
  ),
  fc.tuple(track, fc.boolean()).map(([name, ok]) => ({ type: "trackChanged", track: name, ok }) as const),
  fc.constantFrom(0, 500, 1_000).map((up) => ({ type: "serversCounted", servers: { up, lag: millisOf(0) } }) as const),
  fc.boolean().map((ready) => ({ type: "readinessChanged", ready }) as const),
  fc.boolean().map((on) => ({ type: "maintenanceChanged", on }) as const),
  fc.boolean().map((force) => ({ type: "handoverPrepared", force }) as const),
  fc.constantFrom(
    { type: "leaseRefused", error: "EPERM" } as const,
    { type: "addressesRefused", error: "EPERM" } as const,
    { type: "addressRemoved", address: "198.51.100.10/24" } as const,
  ),
);
/** Events with the time that passes before each: mostly up to the next deadline, sometimes a stall. */
const stories = fc.array(fc.tuple(fc.oneof(fc.constant(-1), fc.nat({ max: 120 }), fc.nat({ max: 2_000 })), events), {
  maxLength: 60,
});

/** Lives through a story, and looks at the node after every step. */
function always(holds: (node: Rehearsal, event: ElectionEvent, before: Rehearsal["state"]) => boolean): void {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), stories, (preempt, grants, needsWitness, story) => {
      const node = Rehearsal.backup({ preempt, needsWitness });
      node.grantsLeases = grants;
      for (const [pause, event] of story) {
        const until = pause < 0 ? (nextDeadline(node.state) ?? node.now) : node.now + pause;
        node.now = instantOf(Math.max(node.now, until));
        const before = node.state;
        if (!holds(node.step(event), event, before)) return false;
      }
      return true;
    }),
    { numRuns: 500 },
  );
}

describe("whatever happens", () => {
  it("a lease is renewed only by an active node, and dropped whenever it ceases to be", () => {
    always((node, _event, before) => {
      if (node.types.includes("renewLease") && node.state.role !== "active") return false;
      return before.role !== "active" || node.state.role === "active" || node.types[0] === "dropLease";
    });
  });

  it("every takeover has its effects in order, and a greater term", () => {
    always((node, _event, before) => {
      if (before.role !== "backup" || node.state.role !== "active") return true;
      const inOrder = node.types.join() === "renewLease,sendHeartbeat,addAddresses,announceAddresses,reportRole";
      return inOrder && node.state.term > before.term;
    });
  });

  it("no deadline is left in the past", () => {
    always((node, event) => {
      const deadline = nextDeadline(node.state);
      return event.type !== "deadlineReached" || deadline === undefined || deadline > node.now;
    });
  });

  it("an active node is eligible and holds a lease", () => {
    always(
      ({ state, config, now }) => state.role !== "active" || (isEligible(config, state) && now < state.leaseUntil),
    );
  });

  it("every heartbeat says what the node is, save that one that ends a lapsed lease is older than the event", () => {
    always(({ sent, state, config, reasons }) => {
      const last = sent.at(-1);
      if (last === undefined) return true;
      const isRole = last.role === (state.role === "active" ? "active" : "backup");
      const isOlder = reasons.includes("leaseLapsed") || reasons.includes("kernelRefused");
      return isRole && (isOlder || last.eligible === isEligible(config, state));
    });
  });

  it("the term never falls, and a backup never answers for anything", () => {
    always((node, _event, before) => {
      const claims = node.types.some((type) => type === "addAddresses" || type === "announceAddresses");
      return node.state.term >= before.term && (!claims || node.state.role === "active");
    });
  });
});
