import { type Flow, instantOf, recordFields } from "@vipair/model";
import { describe, expect, it } from "vitest";
import { flowName, flowOf, Rehearsal, recordOf } from "./rehearsal.js";
import { Replica } from "./replica/replica.js";
import { emptyHoldings } from "./role.js";
import { Source } from "./source/source.js";
import type { TakeConnection } from "./table/table.js";

const names = (kernel: ReadonlyMap<string, Flow>) => [...kernel.keys()].sort();

/** The source has these connections, and a replica is in step. */
function inStep(count = 50): Rehearsal {
  const pair = new Rehearsal();
  for (let n = 0; n < count; n++) pair.a.born(flowOf(n), pair.now);
  pair.connect();
  pair.settle();
  pair.b.heard = [];
  return pair;
}

describe("a source and its replica", () => {
  it("bring every connection into the standby's kernel, as it is", () => {
    const { a, b } = inStep();
    expect(b.kernel).toEqual(a.kernel);
    expect(b.replica?.inStep).toBe(true);
    expect(b.replica?.missing).toBeUndefined();
    expect(a.source?.protectedCount).toBe(50);
    expect(a.source?.lag(instantOf(99_999))).toBe(0);
  });

  it("carry births, changes and deaths, and forget the dead", () => {
    const pair = inStep();
    pair.a.born(flowOf(100), pair.now);
    pair.a.born(flowOf(0, 7, 120), pair.now);
    pair.a.died(flowOf(1), pair.now);
    expect(pair.a.source?.protectedCount).toBe(48);
    expect(pair.a.source?.lag(instantOf(pair.now + 7))).toBe(7);
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.kernel.get(flowName(flowOf(0)))?.tcp?.state).toBe(7);
    expect(pair.a.source?.protectedCount).toBe(50);
    expect(pair.a.source?.tombstones).toBe(0);
  });

  it("send nothing of a connection that was born and died in between, and one state of one that changed twice", () => {
    const pair = inStep();
    pair.a.born(flowOf(100), pair.now);
    pair.a.died(flowOf(100), pair.now);
    expect(pair.a.source?.dirty).toBe(0);
    pair.a.born(flowOf(0, 7), pair.now);
    pair.a.born(flowOf(0, 8), pair.now);
    expect(pair.a.source?.dirty).toBe(1);
  });

  it("say nothing of what only runs down, and refresh a copy that would expire", () => {
    const pair = inStep();
    pair.a.born(flowOf(2, 3, 1_000), pair.now);
    expect(pair.a.source?.dirty).toBe(0);
    pair.now = instantOf(pair.now + 501_000);
    pair.a.born(flowOf(2, 3, 1_000), pair.now);
    expect(pair.a.source?.dirty).toBe(1);
  });

  it("continue after a break with what was not acked, and nothing else", () => {
    const pair = inStep();
    pair.break();
    pair.a.born(flowOf(100), pair.now);
    pair.a.died(flowOf(1), pair.now);
    pair.connect();
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.caughtUp).toEqual({ missing: 50, surplus: 0, different: 0 });
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 0, different: 0 });
    expect(pair.a.source?.protectedCount).toBe(50);
  });

  it("send again after a break what was lost on the way, in the order in which it changed, and need no repair", () => {
    const pair = inStep();
    for (const n of [100, 101, 102]) {
      pair.now = instantOf(pair.now + 10);
      pair.a.born(flowOf(n), pair.now);
    }
    const lost = pair.a.source?.takeFrame(pair.now);
    expect(lost).toBeDefined();
    expect(pair.a.source?.unacked).toBe(3);
    pair.now = instantOf(pair.now + 10);
    pair.a.born(flowOf(103), pair.now);
    pair.b.heard = [];
    pair.connect();
    pair.settle(100);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.heard).toEqual(["hello", "begin", "delta", "digest"]);
  });

  it("keep the age of a change that was lost on the way", () => {
    const pair = inStep();
    pair.a.born(flowOf(100), pair.now);
    const bornAt = pair.now;
    pair.a.source?.takeFrame(pair.now);
    pair.now = instantOf(pair.now + 10);
    pair.a.born(flowOf(101), pair.now);
    pair.connect();
    pair.a.receive(pair.b.next(pair.now) ?? Uint8Array.of(), pair.now);
    expect(pair.a.source?.joined).toBe(true);
    expect(pair.a.source?.lag(instantOf(bornAt + 50))).toBe(50);
    while (pair.exchange());
    pair.pass(200);
    while (pair.exchange());
    expect(pair.a.source?.lag(pair.now)).toBe(0);
  });

  it("protect nothing that a restarted replica received and did not perform", () => {
    const pair = inStep();
    pair.b.slow = true;
    pair.a.born(flowOf(100), pair.now);
    pair.settle();
    expect(pair.a.source?.protectedCount).toBe(50);
    pair.b.start("replica", 0, pair.now);
    pair.b.slow = false;
    pair.connect();
    while (pair.a.source?.joined !== true) pair.exchange();
    expect(pair.a.source?.protectedCount).toBe(0);
    pair.settle();
    expect(pair.a.source?.protectedCount).toBe(51);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });

  it("find out by digest what a restarted replica's kernel holds, and insert only what it lacks", () => {
    const pair = inStep();
    pair.break();
    pair.b.kernel.delete(flowName(flowOf(5)));
    pair.b.kernel.set(flowName(flowOf(200)), flowOf(200));
    pair.b.start("replica", 0, pair.now);
    expect(pair.b.replica?.inStep).toBe(false);
    pair.b.inserted = 0;
    pair.connect();
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.inserted).toBe(1);
    expect(pair.b.replica?.caughtUp).toEqual({ missing: 1, surplus: 1, different: 0 });
    expect(pair.a.source?.protectedCount).toBe(50);
  });

  it("leave alone what a repair brings along and is as it should be", () => {
    const pair = inStep(3_000);
    pair.b.inserted = 0;
    pair.b.kernel.set(flowName(flowOf(4_000)), flowOf(4_000));
    pair.b.replica?.dumpSeen(recordOf(flowOf(4_000)), 0);
    pair.settle(11_000);
    expect(pair.b.heard).toContain("repairEnd");
    expect(pair.b.inserted).toBe(0);
    for (let n = 0; n < 3_000; n++) pair.a.born(flowOf(n, 7), pair.now);
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 1, different: 0 });
  });

  it("send again at once what somebody removed from the standby's kernel, and count it", () => {
    const pair = inStep();
    pair.b.removed(flowOf(5));
    pair.pass(100);
    while (pair.exchange());
    expect(pair.a.source?.protectedCount).toBe(49);
    expect(pair.a.source?.standing(recordOf(flowOf(5)), 0)).toBe("missing");
    pair.settle(300);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.a.source?.protectedCount).toBe(50);
    expect(pair.a.source?.comparisons).toBe(1);
    expect(pair.b.replica).toMatchObject({ inStep: true, lostFlows: 1 });
    expect(pair.b.replica?.drift).toEqual({ missing: 1, surplus: 0, different: 0 });
    pair.settle(11_000);
    expect(pair.b.heard).not.toContain("repairBegin");
    pair.a.source?.flowSeen(recordOf(flowOf(5), 9), 0, pair.now);
    for (const state of [4, 3]) {
      for (const n of [5, 4, 6]) pair.a.born(flowOf(n, state), pair.now);
      pair.settle(11_000);
    }
    expect(pair.b.replica?.drift).toEqual({ missing: 1, surplus: 0, different: 0 });
  });

  it("do not wait with what was lost when a flush is asked for", () => {
    const pair = inStep();
    pair.b.removed(flowOf(5));
    pair.settle(200);
    pair.b.removed(flowOf(6));
    pair.settle(100);
    expect(pair.a.source?.lost).toBe(1);
    pair.a.source?.flush(7, pair.now);
    while (pair.a.flushed.length === 0 && pair.exchange());
    expect(pair.a.flushed).toEqual([7]);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });

  it("take a loss for one of what had arrived, and not of what is on its way", () => {
    const pair = inStep();
    pair.b.removed(flowOf(0));
    pair.pass(50);
    const lost = pair.b.next(pair.now) ?? Uint8Array.of();
    pair.a.born(flowOf(0, 7), pair.now);
    const delta = pair.a.next(pair.now) ?? Uint8Array.of();
    pair.a.receive(lost, pair.now);
    expect(pair.a.heard.at(-1)).toBe("lost");
    expect(pair.a.source).toMatchObject({ lost: 0, unacked: 1 });
    pair.b.receive(delta, pair.now);
    pair.settle(100);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.a.source?.protectedCount).toBe(50);
  });

  it("send what expired in the standby's kernel again with pauses that grow, and do not call it drift", () => {
    const pair = inStep();
    const sentIn = (ms: number): number => {
      pair.b.heard = [];
      for (let passed = 0; passed < ms; passed += 50) {
        if (pair.b.kernel.size === 50) pair.b.died(flowOf(5), pair.now);
        pair.settle(50);
      }
      return pair.b.heard.filter((type) => type === "delta").length;
    };
    expect(sentIn(2_000)).toBeGreaterThanOrEqual(3);
    expect(sentIn(30_000)).toBeLessThanOrEqual(5);
    pair.settle(21_000);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 0, different: 0 });
    expect(sentIn(500)).toBeGreaterThanOrEqual(1);
  });

  it("leave alone what expired on both nodes", () => {
    const pair = inStep();
    pair.b.died(flowOf(5), pair.now);
    pair.a.died(flowOf(5), pair.now);
    pair.settle(11_000);
    expect(pair.b.kernel.size).toBe(49);
    expect(pair.b.inserted).toBe(50);
    expect(pair.a.source).toMatchObject({ protectedCount: 49, lost: 0, tombstones: 0 });
  });

  it("find by a dump of the standby's kernel what is not as it was sent", () => {
    const pair = inStep();
    pair.settle(11_000);
    pair.b.kernel.delete(flowName(flowOf(5)));
    pair.b.kernel.set(flowName(flowOf(6)), flowOf(6, 7));
    pair.b.kernel.set(flowName(flowOf(200)), flowOf(200));
    pair.b.dump(pair.now);
    pair.a.source?.compareSoon();
    pair.settle(300);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.drift).toEqual({ missing: 1, surplus: 1, different: 1 });
  });

  it("believe the source, and not an older picture of the standby's kernel", () => {
    const pair = inStep();
    const before = [...pair.b.kernel.values()];
    pair.b.replica?.dumpBegan();
    pair.a.died(flowOf(1), pair.now);
    pair.a.born(flowOf(0, 7), pair.now);
    pair.settle();
    for (const flow of before) pair.b.replica?.dumpSeen(recordOf(flow), 0);
    pair.b.replica?.dumpEnded();
    pair.a.source?.compareSoon();
    pair.settle(300);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 0, different: 0 });
    expect(pair.b.heard).not.toContain("repairBegin");
  });

  it("tell of each connection where it stands", () => {
    const pair = inStep();
    const standing = (n: number) => pair.a.source?.standing(recordOf(flowOf(n)), 0);
    pair.a.born(flowOf(100), pair.now);
    expect([standing(0), standing(100), standing(101)]).toEqual(["protected", "missing", undefined]);
    pair.a.source?.takeFrame(pair.now);
    expect(standing(100)).toBe("sent");
    expect(pair.b.replica?.holds(recordOf(flowOf(0)), 0)).toBe(true);
    expect(pair.b.replica?.holds(recordOf(flowOf(100)), 0)).toBe(false);
  });

  it("take nothing from the replica before the source has seen its kernel's table", () => {
    const pair = inStep();
    pair.break();
    pair.a.source = new Source(emptyHoldings(77n, 1), pair.now);
    pair.a.source.dumpBegan(pair.now);
    pair.connect();
    pair.settle();
    expect(pair.b.kernel.size).toBe(50);
    pair.a.dump(pair.now);
    pair.settle();
    expect(pair.b.kernel.size).toBe(50);
    expect(pair.a.source.protectedCount).toBe(50);
    expect(pair.b.replica?.caughtUp.missing).toBe(50);
  });

  it("let a dump reconcile what events missed, and events win over it", () => {
    const pair = inStep();
    const source = pair.a.source;
    pair.a.kernel.delete(flowName(flowOf(3)));
    source?.dumpBegan(pair.now);
    const dumped = [...pair.a.kernel.values()];
    pair.a.died(flowOf(4), pair.now);
    pair.a.born(flowOf(300), pair.now);
    for (const flow of dumped) source?.dumpSeen(recordOf(flow), 0, pair.now);
    source?.dumpEnded(pair.now);
    expect(source?.live).toBe(49);
    pair.settle();
    expect(names(pair.b.kernel)).toEqual(names(pair.a.kernel));
  });

  it("let a replica's dump tell in which state its kernel holds a connection", () => {
    const pair = inStep();
    pair.b.kernel.set(flowName(flowOf(4)), flowOf(4, 7));
    pair.b.dump(pair.now);
    pair.settle(11_000);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 0, different: 1 });
  });

  it("take back what stray frames did to the standby's kernel", () => {
    const pair = inStep();
    for (const flow of [flowOf(4, 7), flowOf(200)]) {
      pair.b.kernel.set(flowName(flow), flow);
      pair.b.replica?.flowSeen(recordOf(flow), 0);
    }
    pair.settle(11_000);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 1, different: 1 });
  });

  it("let what happens to a replica win over a dump that shows what was before", () => {
    const pair = inStep();
    const { replica } = pair.b;
    replica?.dumpBegan();
    const dumped = [...pair.b.kernel.values()];
    pair.b.died(flowOf(3), pair.now);
    pair.a.died(flowOf(6), pair.now);
    pair.a.born(flowOf(7, 7), pair.now);
    pair.settle(200);
    for (const flow of dumped) replica?.dumpSeen(recordOf(flow), 0);
    replica?.dumpEnded();
    expect(replica?.size).toBe(pair.b.kernel.size);
    pair.settle(11_000);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(replica?.drift).toMatchObject({ surplus: 0, different: 0 });
  });

  it("take the death of an older connection with the same tuple for what it is", () => {
    const pair = inStep(0);
    pair.a.source?.flowSeen(recordOf(flowOf(1), 2), 0, pair.now);
    pair.a.source?.flowGone(recordOf(flowOf(1), 1), 0, pair.now);
    expect(pair.a.source?.live).toBe(1);
    pair.a.source?.flowGone(recordOf(flowOf(1), 2), 0, pair.now);
    expect(pair.a.source?.live).toBe(0);
  });

  it("flush: the answer comes when the kernel has everything", () => {
    const pair = inStep();
    pair.a.born(flowOf(100), pair.now);
    pair.a.source?.flush(7, pair.now);
    while (pair.a.flushed.length === 0 && pair.exchange());
    expect(pair.a.flushed).toEqual([7]);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.a.source?.protectedCount).toBe(51);
  });

  it("flush a replica that must be repaired first: what it has too many is gone as well", () => {
    const pair = inStep();
    pair.break();
    pair.b.kernel.set(flowName(flowOf(200)), flowOf(200));
    pair.b.start("replica", 0, pair.now);
    pair.connect();
    pair.a.source?.flush(8, pair.now);
    while (pair.a.flushed.length === 0 && pair.exchange());
    expect(pair.a.flushed).toEqual([8]);
    expect(pair.b.heard.slice(-2)).toEqual(["repairEnd", "flush"]);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });

  it("drop tombstones beyond their number, and let a digest do the work", () => {
    const pair = new Rehearsal(10);
    for (let n = 0; n < 50; n++) pair.a.born(flowOf(n), pair.now);
    pair.connect();
    pair.settle();
    pair.break();
    for (let n = 0; n < 15; n++) pair.a.died(flowOf(n), pair.now);
    expect(pair.a.source?.overflows).toBe(1);
    expect(pair.a.source?.tombstones).toBeLessThanOrEqual(10);
    pair.connect();
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });

  it("compare at once, not in ten seconds, when tombstones were dropped on a living link", () => {
    const pair = new Rehearsal(10);
    for (let n = 0; n < 50; n++) pair.a.born(flowOf(n), pair.now);
    pair.connect();
    pair.settle();
    for (let n = 0; n < 15; n++) pair.a.died(flowOf(n), pair.now);
    expect(pair.a.source?.overflows).toBe(1);
    pair.settle(400);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.drift.surplus).toBe(11);
  });

  it("ack what was performed, and not what was received behind it", () => {
    const pair = inStep();
    pair.b.slow = true;
    for (const n of [100, 101]) {
      pair.a.born(flowOf(n), pair.now);
      while (pair.exchange());
    }
    pair.b.work(pair.now, 2);
    while (pair.exchange());
    expect(pair.b.kernel.size).toBe(51);
    expect(pair.a.source?.protectedCount).toBe(51);
  });

  it("start over when a frame is missing", () => {
    const pair = inStep();
    pair.a.born(flowOf(100), pair.now);
    expect(pair.a.source?.takeFrame(pair.now)).toBeDefined();
    pair.a.born(flowOf(101), pair.now);
    while (pair.exchange());
    expect(pair.a.heard).toContain("resync");
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.b.replica?.inStep).toBe(true);
  });

  it("protect nothing that the standby's kernel refused, and try again until it takes it", () => {
    const pair = inStep();
    pair.b.full = true;
    for (const n of [0, 100, 101]) pair.a.born(flowOf(n, 7), pair.now);
    for (let round = 0; round < 100; round++) {
      pair.settle(100);
      expect(pair.a.source?.protectedCount).toBeLessThanOrEqual(49);
    }
    expect(pair.b.replica?.size).toBe(49);
    expect(pair.b.replica?.refusedFlows).toBeLessThanOrEqual(3 * 7);
    expect(pair.b.heard).not.toContain("repairBegin");
    pair.b.full = false;
    pair.settle(11_000);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
    expect(pair.a.source?.protectedCount).toBe(52);
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 0, different: 0 });
  });

  it("ack in company: a record on its own at once, those that follow after 100 ms", () => {
    const pair = inStep();
    pair.a.born(flowOf(100), pair.now);
    while (pair.exchange());
    expect(pair.a.source?.unacked).toBe(0);
    pair.a.born(flowOf(101), pair.now);
    while (pair.exchange());
    expect(pair.a.source?.unacked).toBe(1);
    pair.pass(100);
    while (pair.exchange());
    expect(pair.a.source?.unacked).toBe(0);
  });

  it("follow a change of roles on a living link", () => {
    const pair = inStep();
    pair.b.become("source", 2, pair.now);
    pair.a.become("replica", 2, pair.now);
    pair.a.relink(pair.now);
    pair.b.relink(pair.now);
    pair.b.born(flowOf(100), pair.now);
    pair.settle();
    expect(pair.a.kernel).toEqual(pair.b.kernel);
    expect(pair.a.replica?.inStep).toBe(true);
    expect(pair.a.replica?.caughtUp).toEqual({ missing: 1, surplus: 0, different: 0 });
    expect(pair.b.source?.protectedCount).toBe(51);
  });

  it("refuse a source with a lower term, which learns that it is superseded", () => {
    const pair = inStep();
    pair.break();
    pair.b.become("source", 5, pair.now);
    pair.b.become("replica", 5, pair.now);
    pair.connect();
    pair.settle();
    expect(pair.b.replica?.outdatedFrames).toBeGreaterThan(0);
    expect(pair.a.superseded).toBe(5);
    expect(pair.b.replica?.inStep).toBe(false);
    pair.a.source?.raiseTerm(5);
    pair.settle();
    expect(pair.b.replica?.inStep).toBe(true);
    expect(pair.b.replica?.drift).toEqual({ missing: 0, surplus: 0, different: 0 });
  });

  it("keep the highest term that a process has seen, where the election counts anew", () => {
    const pair = inStep();
    pair.b.become("source", 5, pair.now);
    pair.b.become("replica", 5, pair.now);
    pair.b.become("source", 1, pair.now);
    expect(pair.b.source?.term).toBe(5);
  });

  it("open a session only when the replica has read its kernel, and find what is there too much", () => {
    const pair = inStep();
    pair.break();
    pair.b.kernel.set(flowName(flowOf(200)), flowOf(200));
    const replica = new Replica(emptyHoldings(9n));
    pair.b.replica = replica;
    replica.dumpBegan();
    pair.connect();
    pair.settle(1_000);
    expect(pair.a.source?.joined).toBe(false);
    expect(replica.missing).toBe("this node's own connections are being read from the kernel");
    for (const flow of pair.b.kernel.values()) replica.dumpSeen(recordOf(flow), 0);
    replica.dumpEnded();
    pair.b.dump(pair.now);
    pair.settle(200);
    expect(replica.missing).toBeUndefined();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });

  it("remove what the source says is gone, even if the replica was told so before of an older one", () => {
    const pair = inStep();
    pair.a.born(flowOf(100), pair.now);
    pair.settle();
    pair.b.replica?.flowExpired(recordOf(flowOf(100)), 0);
    pair.a.died(flowOf(100), pair.now);
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });

  it("do not count as protected after a break what the standby's kernel refused before it", () => {
    const pair = inStep();
    pair.b.slow = true;
    pair.a.born(flowOf(100), pair.now);
    while (pair.exchange());
    pair.b.replica?.failed(recordOf(flowOf(100)), 0);
    pair.break();
    pair.b.work(pair.now);
    pair.b.kernel.delete(flowName(flowOf(100)));
    pair.b.slow = false;
    pair.connect();
    for (let round = 0; round < 20; round++) {
      pair.exchange();
      pair.pass(50);
      expect(pair.a.source?.protectedCount).toBeLessThanOrEqual(pair.b.kernel.size);
    }
    pair.settle();
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });

  it("renew copies as early as asked, and those of a stranger as soon as they are seen", () => {
    const pair = inStep();
    pair.break();
    const source = new Source({ ...emptyHoldings(9n, 2), renewal: { below: 7 / 8, all: true } }, pair.now);
    pair.a.source = source;
    for (let n = 0; n < 50; n++) pair.a.born(flowOf(n, 3, 1_000), pair.now);
    pair.a.dump(pair.now);
    pair.connect();
    pair.settle();
    expect(source.dirty).toBe(0);
    const sight = (afterMs: number) => {
      pair.now = instantOf(pair.now + afterMs);
      for (let n = 0; n < 50; n++) pair.a.born(flowOf(n, 3, 1_000), pair.now);
      return source.dirty;
    };
    expect(sight(0)).toBe(50);
    pair.settle();
    expect(sight(60_000)).toBe(0);
    expect(sight(70_000)).toBe(50);
  });

  it("name what a dump did not show, and all they hold", () => {
    const { a, b, now } = inStep(3);
    const ports = (each: (take: TakeConnection) => void) => {
      const found: number[] = [];
      each((view, offset) => found.push(view.getUint16(offset + recordFields.portsOriginal)));
      return found.sort();
    };
    const [one, two, three] = [0, 1, 2].map((n) => flowOf(n).original.sourcePort);
    const record = (n: number): DataView => recordOf(flowOf(n));
    expect(ports((take) => a.source?.each(take))).toEqual([one, two, three]);
    expect(ports((take) => b.replica?.each(take))).toEqual([one, two, three]);
    a.source?.dumpBegan(now);
    a.source?.dumpSeen(record(1), 0, now);
    expect(ports((take) => a.source?.eachUnseen(take))).toEqual([one, three]);
    b.replica?.dumpBegan();
    b.replica?.dumpSeen(record(0), 0);
    expect(ports((take) => b.replica?.eachUnseen(take))).toEqual([two, three]);
  });

  it("say what is missing in the words of what they carry", () => {
    const replica = new Replica(emptyHoldings(1n), "parcels");
    replica.linkOpened(instantOf(0));
    expect(replica.missing).toBe("this node's own parcels are being read from the kernel");
    replica.dumpBegan();
    replica.dumpEnded();
    expect(replica.missing).toBe("the active node has not begun to send its parcels");
  });

  it("start over after bytes that are no frame, at most once a second", () => {
    const pair = inStep();
    for (let i = 0; i < 5; i++) pair.b.receive(Uint8Array.of(1, 2, 3), pair.now);
    expect(pair.b.replica?.inStep).toBe(false);
    pair.settle(3_000);
    expect(pair.b.replica?.malformedFrames).toBe(5);
    expect(pair.b.replica?.inStep).toBe(true);
    expect(pair.b.kernel).toEqual(pair.a.kernel);
  });
});
