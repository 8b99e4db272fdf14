/** What the election may rely on, whichever kernel it is given. */
import { instantOf, millisOf, type Ownership } from "@vipair/model";
import { SimulatedOwnership } from "@vipair/sim";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { because, enterNamespace, obstacle } from "./laboratory/namespace.js";
import { type Neighbour, openNeighbour, virtualAddress } from "./laboratory/two-hosts.js";
import { openOwnership } from "./ownership.js";

const four = "192.0.2.10/24";
const six = "2001:db8::10/64";
const ok = { ok: true };
const ttl = millisOf(600);
const long = millisOf(60_000);

interface Subject {
  readonly ownership: Ownership;
  /** Whether any of the addresses is answered for. */
  answers(): Promise<boolean>;
  /** Whether traffic to all of the addresses passes. */
  passes(): Promise<boolean>;
  /** Lets time go by until the condition holds, at most `withinMs`; how much went by. */
  until(condition: () => Promise<boolean>, withinMs: number): Promise<number>;
}

function describeOwnership(name: string, open: () => Subject): void {
  describe(`ownership contract: ${name}`, () => {
    let subject: Subject;

    beforeEach(() => {
      subject = open();
      expect(subject.ownership.open()).toEqual(ok);
    });
    afterEach(() => subject.ownership.close());

    test("without a lease nothing is answered and nothing passes", async () => {
      expect(subject.ownership.addAddresses(long)).toEqual(ok);
      expect(subject.ownership.heldAddresses()).toEqual([four, six]);
      expect(await subject.answers()).toBe(false);
      expect(await subject.passes()).toBe(false);
    });

    test("without addresses nothing is answered, lease or not", async () => {
      expect(subject.ownership.renewLease(long)).toEqual(ok);
      expect(await subject.answers()).toBe(false);
    });

    test("a lease lets both through, in whichever order it came, and ends with its time", async () => {
      subject.ownership.renewLease(ttl);
      subject.ownership.addAddresses(long);
      expect(await subject.answers()).toBe(true);
      subject.ownership.renewLease(ttl);
      expect(await subject.passes()).toBe(true);
      subject.ownership.renewLease(ttl);
      const elapsed = await subject.until(async () => !(await subject.answers()), 3000);
      expect(elapsed).toBeGreaterThan(ttl - 100);
      expect(await subject.passes()).toBe(false);
      expect(subject.ownership.heldAddresses()).toEqual([four, six]);
    });

    test("a lapsed lease can be renewed, and a shorter one replaces a longer", async () => {
      subject.ownership.addAddresses(long);
      subject.ownership.renewLease(long);
      subject.ownership.renewLease(ttl);
      await subject.until(async () => !(await subject.answers()), 3000);
      subject.ownership.renewLease(long);
      expect(await subject.answers()).toBe(true);
    });

    test("a dropped lease stops answers at once and lets traffic linger", async () => {
      subject.ownership.addAddresses(long);
      subject.ownership.renewLease(long);
      expect(subject.ownership.dropLease(millisOf(1500))).toEqual(ok);
      expect(await subject.answers()).toBe(false);
      expect(await subject.passes()).toBe(true);
      await subject.until(async () => !(await subject.passes()), 4000);
    });

    test("a lease dropped without linger stops everything", async () => {
      subject.ownership.addAddresses(long);
      subject.ownership.renewLease(long);
      expect(subject.ownership.dropLease(millisOf(0))).toEqual(ok);
      expect(await subject.answers()).toBe(false);
      expect(await subject.passes()).toBe(false);
    });

    test("addresses go away when their life is over, unless it is lengthened", async () => {
      subject.ownership.addAddresses(millisOf(1000));
      await subject.until(async () => subject.ownership.heldAddresses().length === 0, 6000);
      subject.ownership.addAddresses(millisOf(1000));
      subject.ownership.addAddresses(long);
      await subject.until(async () => false, 1500).catch(() => {});
      expect(subject.ownership.heldAddresses()).toEqual([four, six]);
    });

    test("removing and announcing are fine whether the addresses are there or not", async () => {
      expect(subject.ownership.removeAddresses()).toEqual(ok);
      expect(subject.ownership.announceAddresses()).toEqual(ok);
      subject.ownership.renewLease(long);
      subject.ownership.addAddresses(long);
      expect(subject.ownership.announceAddresses()).toEqual(ok);
      expect(subject.ownership.removeAddresses()).toEqual(ok);
      expect(subject.ownership.heldAddresses()).toEqual([]);
      expect(await subject.answers()).toBe(false);
    });

    test("after close nothing is held, and it can be opened again", async () => {
      subject.ownership.addAddresses(long);
      subject.ownership.close();
      expect(subject.ownership.heldAddresses()).toEqual([]);
      expect(subject.ownership.open()).toEqual(ok);
      expect(subject.ownership.addAddresses(long)).toEqual(ok);
      expect(await subject.answers()).toBe(false);
    });
  });
}

describeOwnership("simulated", () => {
  let now = 0;
  const ownership = new SimulatedOwnership({ addresses: [four, six], clock: () => instantOf(now) });
  return {
    ownership,
    answers: async () => ownership.answers(),
    passes: async () => ownership.passesTraffic(),
    until: async (condition, withinMs) => {
      const start = now;
      while (!(await condition())) {
        now += 1;
        if (now - start > withinMs) throw new Error(`not within ${withinMs} ms`);
      }
      return now - start;
    },
  };
});

describe.skipIf(obstacle !== undefined)(`in a network namespace${because}`, () => {
  let neighbour: Neighbour;
  const hosts = [four, six].map((text) => text.replace(/\/.*/, ""));

  beforeAll(async () => {
    enterNamespace();
    neighbour = await openNeighbour();
  });
  afterAll(() => neighbour?.close());

  describeOwnership("kernel", () => ({
    ownership: openOwnership({ addresses: [virtualAddress(four), virtualAddress(six)] }),
    answers: async () => {
      for (const address of hosts) if (await neighbour.resolves(address, 25)) return true;
      return false;
    },
    passes: async () => {
      for (const address of hosts) if (!(await neighbour.reaches(address, 25))) return false;
      return true;
    },
    until: async (condition, withinMs) => {
      const start = performance.now();
      while (!(await condition())) {
        if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms`);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return performance.now() - start;
    },
  }));
});
