import fc from "fast-check";
import { expect, it } from "vitest";
import { digestOf } from "./digest.js";

it("is equal for values that are equal as JSON", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(digestOf(JSON.parse(JSON.stringify(value)))).toEqual(digestOf(value));
    }),
  );
  expect(digestOf({ a: 1, b: undefined })).toEqual(digestOf({ a: 1 }));
});

it("differs with every part, and with their order", () => {
  const values = [
    { a: 1, b: [1, 2] },
    { a: 1, b: [2, 1] },
    { a: 2, b: [1, 2] },
    { a: "1", b: [1, 2] },
    { c: 1, b: [1, 2] },
    { a: 1, b: [1, 2], c: null },
    { a: 1, b: new Set([1]) },
    { a: 1, b: new Map([[1, 2]]) },
    { a: 1, b: new Map([[2, 1]]) },
  ];
  expect(new Set(values.map((value) => digestOf(value).digest)).size).toBe(values.length);
});

it("of a large list is the same whether the list before it was much the same, or another, or none", () => {
  const item = (value: number) => ({ value });
  const list = Array.from({ length: 1_000 }, (_, index) => item(index));
  const edit = fc.record({ at: fc.nat({ max: 999 }), value: fc.integer() });
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 5 }), (edits) => {
      const changed = [...list];
      for (const { at, value } of edits) changed[at] = item(value);
      digestOf([...list]);
      const digest = digestOf(changed);
      digestOf([]);
      digestOf(Array.from({ length: 1_001 }, () => null));
      expect(digestOf(JSON.parse(JSON.stringify(changed)))).toEqual(digest);
    }),
    { numRuns: 50 },
  );
  const turned = [...list.slice(1), ...list.slice(0, 1)];
  expect(digestOf(turned)).not.toEqual(digestOf(list));
});

it("knows about how long the value is", () => {
  const long = { text: "x".repeat(1_000) };
  expect(digestOf(long).length).toBeGreaterThan(1_000);
  expect(digestOf({ type: "renewLease", ttl: 250 }).length).toBeLessThan(60);
});
