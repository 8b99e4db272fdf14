import fc from "fast-check";
import { expect, test } from "vitest";
import { flows } from "../conntrack/flow.fixture.js";
import { internetChecksum } from "../packet/checksum.js";
import { decodeKey, passage, translation } from "./layout.js";

test("a key says whose it is", () => {
  fc.assert(
    fc.property(flows, (flow) => {
      expect(decodeKey(passage(flow, "original").key)).toMatchObject({ protocol: flow.protocol, tuple: flow.original });
      expect(decodeKey(passage(flow, "reply").key)).toMatchObject({ protocol: flow.protocol, tuple: flow.reply });
    }),
  );
});

test("each direction leaves as the answers to the other one come", () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const [original, reply] = [passage(flow, "original"), passage(flow, "reply")];
      const [there, back] = [endsOf(original.translation), endsOf(reply.key)];
      expect(there).toEqual({ from: back.to, to: back.from });
    }),
  );
});

test("a checksum grows by what is told", () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const { key, translation: bytes } = passage(flow, "original");
      const [before, after] = [key.subarray(0, 36), bytes.subarray(0, 36)];
      const grown = addOnes(
        swapped(~internetChecksum(before) & 0xffff),
        addOnes(bytes.readUInt32LE(translation.addressGrowth), bytes.readUInt32LE(translation.portGrowth)),
      );
      expect(sameSum(grown, swapped(~internetChecksum(after) & 0xffff))).toBe(true);
    }),
  );
});

/** Addresses and ports of both ends, as bytes. */
const endsOf = (bytes: Buffer) => ({
  from: [bytes.subarray(0, 16).toString("hex"), bytes.subarray(32, 34).toString("hex")],
  to: [bytes.subarray(16, 32).toString("hex"), bytes.subarray(34, 36).toString("hex")],
});

const swapped = (word: number): number => ((word & 0xff) << 8) | (word >>> 8);
const addOnes = (a: number, b: number): number => ((a + b) & 0xffff) + ((a + b) >>> 16);
/** Ones' complement has two zeros. */
const sameSum = (a: number, b: number): boolean => a % 0xffff === b % 0xffff;
