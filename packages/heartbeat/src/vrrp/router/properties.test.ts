import { instantOf, millisOf, parseAddress } from "@vipair/model";
import fc from "fast-check";
import { describe, it } from "vitest";
import { isEligible } from "../../node/eligibility.js";
import { nextRouterDeadline } from "./deadline.js";
import type { AdvertReceived, RouterEvent } from "./event.js";
import { RouterRehearsal } from "./rehearsal.js";

const addresses = ["198.51.100.2", "198.51.100.3"].flatMap((text) => parseAddress(text) ?? []);
const adverts: fc.Arbitrary<AdvertReceived> = fc.record({
  type: fc.constant("advertReceived"),
  link: fc.nat({ max: 2 }),
  priority: fc.constantFrom(0, 50, 100, 150, 255),
  interval: fc.constantFrom(100, 1_000).map(millisOf),
  sender: fc.constantFrom(...addresses),
  local: fc.constantFrom(undefined, ...addresses),
});
const track = fc.constantFrom("interface eth0", "gateway 198.51.100.1", "unknown");
const events: fc.Arbitrary<RouterEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ type: "deadlineReached" } as const) },
  { weight: 6, arbitrary: adverts },
  { weight: 4, arbitrary: fc.constant({ type: "balancerHeard" } as const) },
  fc.constantFrom({ type: "started" } as const, { type: "leaseRenewed" } as const),
  fc.tuple(track, fc.boolean()).map(([name, ok]) => ({ type: "trackChanged", track: name, ok }) as const),
  fc.boolean().map((ready) => ({ type: "readinessChanged", ready }) as const),
  fc.boolean().map((on) => ({ type: "maintenanceChanged", on }) as const),
  fc.boolean().map((force) => ({ type: "handoverPrepared", force }) as const),
  fc.nat({ max: 9 }).map((term) => ({ type: "termSeen", term }) as const),
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
function always(holds: (node: RouterRehearsal, event: RouterEvent, before: RouterRehearsal["state"]) => boolean): void {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), stories, (preempt, grants, story) => {
      const node = RouterRehearsal.backup({ preempt });
      node.grantsLeases = grants;
      for (const [pause, event] of story) {
        const until = pause < 0 ? (nextRouterDeadline(node.state) ?? node.now) : node.now + pause;
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

  it("only an active node advertises, and what it says is 0 when it has just ceased to be one", () => {
    always(({ sent, state }, _event, before) => {
      if (state.role === "active") return !sent.includes(0) || before.role === "active";
      return before.role === "active" ? sent.every((priority) => priority === 0) : sent.length === 0;
    });
  });

  it("every takeover has its effects in order, and a greater term", () => {
    always((node, _event, before) => {
      if (before.role !== "backup" || node.state.role !== "active") return true;
      const inOrder = node.types.join() === "renewLease,sendAdvertisement,addAddresses,announceAddresses,reportRole";
      return inOrder && node.state.term > before.term;
    });
  });

  it("no deadline is left in the past", () => {
    always((node, event) => {
      const deadline = nextRouterDeadline(node.state);
      return event.type !== "deadlineReached" || deadline === undefined || deadline > node.now;
    });
  });

  it("an active node is eligible and holds a lease; a backup that is not eligible waits for no takeover", () => {
    always(({ state, config, now }) => {
      if (state.role === "active") return isEligible(config, state) && now < state.leaseUntil;
      return state.role !== "backup" || isEligible(config, state) === (state.activeDownAt !== undefined);
    });
  });

  it("the lease ends before any router that heard the last advertisement takes over", () => {
    let saidAt = 0;
    always((node) => {
      if (node.sent.some((priority) => priority > 0)) saidAt = node.now;
      return node.state.role !== "active" || node.state.leaseUntil < saidAt + 3 * node.config.interval;
    });
  });
});
