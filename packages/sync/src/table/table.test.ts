import { recordKey } from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRecord } from "../record/record.js";
import { flowOf, recordOf } from "../rehearsal.js";
import { FlowTable } from "./table.js";

const steps = fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 60 })), { maxLength: 400, size: "max" });

/** Few hashes for many keys: long rows of neighbours in the index. */
const crowded = (n: number): number => n % 5;

describe("a table", () => {
  it("holds what a Map would, whatever the order and however the hashes collide", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, salt) => {
        const table = new FlowTable(salt);
        const model = new Map<string, number>();
        for (const [add, n] of list) {
          const view = recordOf(flowOf(n));
          const key = recordKey(view, 0);
          const slot = table.find(view, 0, crowded(n));
          expect(slot).toBe(model.get(key) ?? -1);
          if (add && slot < 0) model.set(key, table.add(view, 0, crowded(n)));
          else if (!add && slot >= 0) {
            table.remove(slot);
            model.delete(key);
          }
        }
        expect(table.size).toBe(model.size);
        for (const [key, slot] of model) {
          expect(table.has(slot)).toBe(true);
          expect(recordKey(table.view(slot), table.offset(slot))).toBe(key);
        }
      }),
    );
  });

  it("keeps slots and bytes as it grows, and uses freed slots again", () => {
    const table = new FlowTable(1);
    const slots: number[] = [];
    for (let n = 0; n < 3_000; n++) slots.push(table.add(recordOf(flowOf(n)), 0, n));
    slots.forEach((slot, n) => {
      expect(decodeRecord(table.view(slot), table.offset(slot))).toEqual(flowOf(n));
    });
    const { capacity, bytes } = table;
    for (const slot of slots) table.remove(slot);
    for (let n = 3_000; n < 6_000; n++) table.add(recordOf(flowOf(n)), 0, n);
    expect(table.size).toBe(3_000);
    expect([table.capacity, table.bytes]).toEqual([capacity, bytes]);
  });
});
