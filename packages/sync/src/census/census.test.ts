import type { Flow } from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { flowOf, recordOf } from "../rehearsal.js";
import { bucketsFor, Census, fewestBuckets, mostBuckets } from "./census.js";
import { BucketSet, Sample } from "./sample.js";
import { Verification } from "./verification.js";

const buckets = 1_024;
const numbers = fc.uniqueArray(fc.nat({ max: 400 }), { maxLength: 60 });

function censusOf(...flows: Flow[]): Census {
  const census = new Census(buckets);
  for (const flow of flows) census.add(recordOf(flow), 0);
  return census;
}

function sampleOf(chosen: BucketSet, ...flows: Flow[]): Sample {
  const sample = new Sample(chosen, 1_000);
  for (const flow of flows) sample.add(recordOf(flow), 0);
  return sample;
}

const all = BucketSet.of(
  buckets,
  Array.from({ length: buckets }, (_, n) => n),
);
const kinds = (verification: Verification): string[] =>
  verification.differences
    .map(({ kind, active, standby }) => `${kind} ${(active ?? standby)?.original.sourcePort}`)
    .sort();

describe("a census", () => {
  it("has as many buckets as there are connections, within bounds", () => {
    expect([0, 1_024, 1_025, 200_000, 1e7].map(bucketsFor)).toEqual([
      fewestBuckets,
      1_024,
      2_048,
      mostBuckets,
      mostBuckets,
    ]);
  });

  it("and the records of the buckets that differ find every difference, and none that is none", () => {
    fc.assert(
      fc.property(numbers, numbers, numbers, (left, right, closing) => {
        const active = left.map((n) => flowOf(n));
        const standby = right.map((n) => flowOf(n, closing.includes(n) ? 7 : 3));
        const chosen = BucketSet.of(buckets, censusOf(...active).differing(censusOf(...standby.reverse()).words));
        const verification = new Verification();
        expect(verification.compare(sampleOf(chosen, ...active), sampleOf(chosen, ...standby).pack())).toBe(true);
        const port = (n: number) => flowOf(n).original.sourcePort;
        const isTcp = (n: number) => flowOf(n).protocol === 6;
        expect(kinds(verification)).toEqual(
          [
            ...left.filter((n) => !right.includes(n)).map((n) => `missing ${port(n)}`),
            ...right.filter((n) => !left.includes(n)).map((n) => `surplus ${port(n)}`),
            ...right
              .filter((n) => left.includes(n) && closing.includes(n) && isTcp(n))
              .map((n) => `different ${port(n)}`),
          ].sort(),
        );
      }),
    );
  });
});

describe("a sample", () => {
  it("takes a connection that the table shows twice once, in its later state", () => {
    const sample = sampleOf(all, flowOf(1), flowOf(2), flowOf(1, 7));
    expect(sample.table.size).toBe(2);
    const verification = new Verification();
    verification.compare(sample, sampleOf(all, flowOf(2), flowOf(1, 7)).pack());
    expect(verification.open).toBe(0);
  });

  it("says when there was no room", () => {
    const sample = new Sample(all, 2);
    for (const n of [1, 2, 1, 3]) sample.add(recordOf(flowOf(n)), 0);
    expect([sample.table.size, sample.complete]).toEqual([2, false]);
  });
});

describe("a verification", () => {
  it("keeps what differs in the same way each time", () => {
    const verification = new Verification();
    const look = (active: Flow[], standby: Flow[]) =>
      verification.compare(sampleOf(all, ...active), sampleOf(all, ...standby).pack());
    look([flowOf(1), flowOf(3), flowOf(4)], [flowOf(3, 7), flowOf(6)]);
    expect(kinds(verification)).toEqual(["different 1027", "missing 1025", "missing 1028", "surplus 1030"]);
    look([flowOf(1), flowOf(3, 1), flowOf(7)], [flowOf(3, 7), flowOf(6)]);
    expect(kinds(verification)).toEqual(["missing 1025", "surplus 1030"]);
    look([flowOf(1), flowOf(6)], [flowOf(3, 7), flowOf(6)]);
    expect(kinds(verification)).toEqual(["missing 1025"]);
    expect(verification.rounds).toBe(3);
  });

  it("refuses bytes that are no records, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        expect(new Verification().compare(sampleOf(all, flowOf(1)), bytes)).toBe(false);
      }),
    );
    const cut = sampleOf(all, flowOf(1)).pack().subarray(0, 63);
    expect(new Verification().compare(sampleOf(all), cut)).toBe(false);
  });
});
