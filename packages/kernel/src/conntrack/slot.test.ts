import type { Flow } from "@vipair/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSlot } from "./decode.js";
import { flows } from "./flow.fixture.js";
import { flowSlot, readFlow, slotKey, slotKind, writeFlow } from "./slot.js";

const octet = fc.nat(255);

test("a flow comes out of its slot as it went in, wherever the slot is", () => {
  fc.assert(
    fc.property(flows, fc.nat(3), (flow, index) => {
      const bytes = Buffer.alloc(4 * flowSlot.size);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const slot = index * flowSlot.size;
      writeFlow(view, slot, flow);
      expect(readFlow(view, slot)).toEqual(flow);
      expect(slotKind(view, slot)).toBe("entry");
      bytes.fill(0, slot, slot + flowSlot.size);
      expect(bytes.every((byte) => byte === 0)).toBe(true);
    }),
  );
});

test("equal keys are equal connections", () => {
  const key = (flow: Flow): string => {
    const view = new DataView(new ArrayBuffer(flowSlot.size));
    writeFlow(view, 0, flow);
    return slotKey(view, 0);
  };
  fc.assert(
    fc.property(flows, flows, (left, right) => {
      const same = left.protocol === right.protocol && JSON.stringify(left.original) === JSON.stringify(right.original);
      expect(key(left) === key(right)).toBe(same);
      expect(key({ ...left, mark: right.mark, reply: left.original })).toBe(key(left));
    }),
  );
});

test("messages of any bytes are decoded or refused, never thrown at", () => {
  const type = fc.constantFrom([0, 1], [2, 1]);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 200 }), type, octet, (bytes, [low = 0, high = 0], length) => {
      bytes.set([length, 0, 0, 0, low, high], 0);
      bytes[16] = 2;
      const slots = new DataView(new ArrayBuffer(2 * flowSlot.size));
      decodeSlot(new DataView(bytes.buffer, 0, bytes.length), 0, slots, 0);
      const beyond = new Uint8Array(slots.buffer, flowSlot.size);
      expect(beyond.every((byte) => byte === 0)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
