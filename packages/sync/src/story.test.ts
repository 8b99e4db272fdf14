import { instantOf } from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flowName, flowOf, type Host, Rehearsal } from "./rehearsal.js";

const mostTombstones = 6;
const number = fc.nat({ max: 24 });

type Chapter =
  | { readonly type: "born"; readonly n: number; readonly state: number }
  | { readonly type: "died" | "diedUnseen" | "expired" | "removed"; readonly n: number }
  | { readonly type: "exchange"; readonly frames: number }
  | { readonly type: "pass"; readonly ms: number }
  | { readonly type: "stall"; readonly slow: boolean }
  | { readonly type: "fill"; readonly full: boolean }
  | { readonly type: "work"; readonly effects: number }
  | { readonly type: "garble" | "break" | "breakUnheard" | "connect" | "dump" }
  | { readonly type: "restartSource" | "restartReplica" | "swap" | "swapBroken" | "split" | "yield" };

const type = <T extends string>(...types: T[]) => fc.constantFrom(...types);
const traffic: fc.Arbitrary<Chapter> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: type("born"), n: number, state: fc.constantFrom(2, 3, 7) }) },
  { weight: 4, arbitrary: fc.record({ type: type("died"), n: number }) },
  { weight: 4, arbitrary: fc.record({ type: type("exchange"), frames: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 2, arbitrary: fc.record({ type: type("pass"), ms: fc.integer({ min: 1, max: 3_000 }) }) },
  { weight: 1, arbitrary: fc.record({ type: type("diedUnseen"), n: number }) },
  { weight: 1, arbitrary: fc.record({ type: type("stall"), slow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: type("fill"), full: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: type("dump") }) },
  { weight: 2, arbitrary: fc.record({ type: type("work"), effects: fc.integer({ min: 1, max: 5 }) }) },
);
const trouble: fc.Arbitrary<Chapter> = fc.record({
  type: type("break", "breakUnheard", "connect", "connect", "restartSource", "restartReplica", "swap", "swapBroken"),
});
const conflict: fc.Arbitrary<Chapter> = fc.record({ type: type("split", "yield", "garble") });
const loss: fc.Arbitrary<Chapter> = fc.record({ type: type("expired", "removed"), n: number });

/** Two nodes and what the heartbeats would decide about them. */
class Story {
  readonly pair = new Rehearsal(mostTombstones);
  term = 1;
  active: Host = this.pair.a;

  get standby(): Host {
    return this.pair.other(this.active);
  }

  live(chapter: Chapter): void {
    const { pair, active, standby } = this;
    const { now } = pair;
    switch (chapter.type) {
      case "born":
        return active.born(flowOf(chapter.n, chapter.state), now);
      case "died":
        return active.died(flowOf(chapter.n), now);
      case "diedUnseen":
        active.kernel.delete(flowName(flowOf(chapter.n)));
        return;
      case "expired":
        return standby.died(flowOf(chapter.n), now);
      case "removed":
        return standby.removed(flowOf(chapter.n));
      case "exchange":
        for (let i = 0; i < chapter.frames; i++) pair.exchange();
        return;
      case "pass":
        return pair.pass(chapter.ms);
      case "stall":
        standby.slow = chapter.slow;
        return;
      case "fill":
        standby.full = chapter.full;
        return;
      case "work":
        return standby.work(now, chapter.effects);
      case "dump":
        return active.dump(now);
      case "garble":
        if (pair.linked) standby.receive(Uint8Array.of(9, 9, 9), now);
        return;
      case "break":
        return pair.break();
      case "breakUnheard":
        pair.break();
        return active.listenTo("nothing");
      case "connect":
        return pair.connect();
      case "restartSource":
        pair.break();
        return active.start("source", this.term, now);
      case "restartReplica":
        pair.break();
        return standby.start("replica", 0, now);
      case "swap":
        return this.swap();
      case "swapBroken":
        pair.break();
        return this.swap();
      case "split":
        return this.promote();
      case "yield":
        return this.demote();
    }
  }

  swap(): void {
    this.promote();
    this.demote();
  }

  promote(): void {
    const next = this.standby;
    next.become("source", ++this.term, this.pair.now);
    if (next.source !== undefined && next.source.term < this.term) next.source.raiseTerm(this.term);
    if (this.pair.linked) next.relink(this.pair.now);
    this.active = next;
  }

  demote(): void {
    if (this.standby.source === undefined) return;
    this.standby.become("replica", this.term, this.pair.now);
    if (this.pair.linked) this.standby.relink(this.pair.now);
  }

  heal(reconnect: boolean): void {
    const { pair } = this;
    for (const host of [pair.a, pair.b]) {
      host.slow = false;
      host.full = false;
      host.work(pair.now);
    }
    this.demote();
    this.active.listenTo("everything");
    this.active.dump(pair.now);
    if (reconnect || !pair.linked) pair.connect();
    pair.settle(reconnect ? 2_500 : 12_000);
  }
}

/** A machine with other work needs longer. */
const timeout = 60_000;

function tell(chapters: fc.Arbitrary<Chapter>, holds: (story: Story) => void, numRuns = 200): void {
  fc.assert(
    fc.property(fc.array(chapters, { minLength: 1, maxLength: 80, size: "max" }), fc.boolean(), (list, reconnect) => {
      const story = new Story();
      story.pair.connect();
      for (const chapter of list) {
        story.live(chapter);
        holds(story);
      }
      story.heal(reconnect);
      holds(story);
      expect(story.standby.kernel).toEqual(story.active.kernel);
      expect(story.standby.replica?.missing).toBeUndefined();
      const drift = story.standby.replica?.drift;
      story.pair.settle(11_000);
      expect(story.standby.replica?.drift).toEqual(drift);
      expect(story.standby.replica?.size).toBe(story.standby.kernel.size);
      expect(story.active.source?.protectedCount).toBe(story.active.kernel.size);
      expect(story.active.source?.tombstones).toBe(0);
      expect(story.active.source?.lag(instantOf(story.pair.now + 1))).toBe(0);
    }),
    { numRuns },
  );
}

/** As many connections as both kernels hold in the same state. */
function agreed({ active, standby }: Story): number {
  let count = 0;
  for (const [name, flow] of active.kernel) if (standby.kernel.get(name)?.tcp?.state === flow.tcp?.state) count++;
  return count;
}

const bounded = ({ active: { source } }: Story): void => {
  if (source === undefined) throw new Error("the active node has no source");
  expect(source.tombstones).toBeLessThanOrEqual(mostTombstones);
  expect(source.dirty + source.unacked + source.lost).toBeLessThanOrEqual(source.live + source.tombstones);
};

describe("whatever happens", () => {
  it("what counts as protected is in the other kernel, memory is bounded, and healing makes both equal", {
    timeout,
  }, () => {
    const faithful = traffic.filter(({ type }) => type !== "diedUnseen");
    const chapters = fc.oneof({ weight: 6, arbitrary: faithful }, { weight: 1, arbitrary: trouble });
    tell(chapters, (story) => {
      bounded(story);
      expect(story.active.source?.protectedCount).toBeLessThanOrEqual(agreed(story));
    });
  });

  it("a conflict, bytes that are no frame and connections that vanish heal as well", { timeout }, () => {
    const chapters = fc.oneof(
      { weight: 8, arbitrary: traffic },
      { weight: 1, arbitrary: trouble },
      { weight: 1, arbitrary: conflict },
      { weight: 1, arbitrary: loss },
    );
    tell(chapters, bounded);
  });
});
