import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketCount } from "../record/key.js";
import { flowOf, recordOf } from "../rehearsal.js";
import { decodeFrame } from "./decode.js";
import { encodeFrame } from "./encode.js";
import { type Frame, frameTypes, maxFrameLength } from "./frame.js";
import { readStream, writeStream } from "./stream.js";

const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const u32 = fc.nat({ max: 0xffff_ffff });
const buckets = fc.array(fc.nat({ max: bucketCount - 1 }), { maxLength: bucketCount });
const of = <T extends string>(...types: T[]) => fc.constantFrom(...types);
const records = fc
  .array(fc.nat({ max: 50 }), { maxLength: 40 })
  .map((numbers) => numbers.map((n) => new Uint8Array(recordOf(flowOf(n)).buffer).slice(0, n % 4 === 3 ? 112 : 64)))
  .map((list) => ({ count: list.length, records: Uint8Array.from(list.flatMap((bytes) => [...bytes])) }));

const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: of("hello"),
    role: of("source", "replica"),
    boot: word,
    session: u32,
    appliedBoot: word,
    appliedSeq: count,
    term: count,
  }),
  fc.record({
    type: of("begin"),
    boot: word,
    session: u32,
    nextSeq: count.map((n) => n + 1).filter(Number.isSafeInteger),
    resumed: fc.boolean(),
    term: count,
  }),
  fc.tuple(records, count, count).map(([packed, firstSeq, term]) => ({
    type: "delta" as const,
    firstSeq,
    term,
    ...packed,
  })),
  fc.record({ type: of("ack"), seq: count, term: count }),
  fc.tuple(records, count, count).map(([packed, seq, term]) => ({ type: "lost" as const, seq, term, ...packed })),
  fc.tuple(fc.array(u32, { minLength: 8, maxLength: 8 }), u32, count).map(([words, number, term]) => ({
    type: "digest" as const,
    number,
    term,
    words: Uint32Array.from({ length: bucketCount * 2 }, (_, i) => words[i % 8] ?? 0),
  })),
  fc.record({ type: of("compared"), number: u32, buckets, term: count }),
  fc.record({ type: of("repairBegin"), buckets, term: count }),
  fc.record({ type: of("repairEnd"), term: count }),
  fc.record({ type: of("resync"), reason: of("gap", "lowerTerm", "malformed"), term: count }),
  fc.record({ type: of("flush", "flushed"), token: u32, term: count }),
);

describe("a frame", () => {
  it("comes back as it was, wherever the bytes lie", () => {
    fc.assert(
      fc.property(frames, fc.nat({ max: 7 }), (frame, shift) => {
        const bytes = encodeFrame(frame);
        expect(bytes.length).toBeLessThanOrEqual(maxFrameLength);
        const shifted = new Uint8Array(bytes.length + shift);
        shifted.set(bytes, shift);
        expect(decodeFrame(shifted.subarray(shift))).toEqual({ ok: true, frame });
      }),
    );
  });

  it("of any other length than it says is refused", () => {
    fc.assert(
      fc.property(frames, fc.nat(), (frame, cut) => {
        const bytes = encodeFrame(frame);
        expect(decodeFrame(bytes.subarray(0, cut % bytes.length)).ok).toBe(false);
        const longer = new Uint8Array(bytes.length + 1);
        longer.set(bytes);
        expect(decodeFrame(longer).ok).toBe(false);
      }),
    );
  });

  it("is the same on every stream", () => {
    fc.assert(
      fc.property(frames, fc.nat({ max: 15 }), (frame, stream) => {
        const bytes = encodeFrame(frame);
        expect(readStream(bytes)).toBe(0);
        writeStream(bytes, stream);
        expect(readStream(bytes)).toBe(stream);
        expect(decodeFrame(bytes)).toEqual({ ok: true, frame });
      }),
    );
    expect(readStream(Uint8Array.of(1, 1, 0))).toBeUndefined();
  });

  it("never throws, however it is mutated", () => {
    const mutations = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(frames, mutations, fc.nat(), (frame, changes, cut) => {
        const bytes = encodeFrame(frame);
        for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 200)] = value;
        const result = decodeFrame(cut % 2 === 0 ? bytes : bytes.subarray(0, cut % (bytes.length + 1)));
        if (!result.ok) expect(result.error).toMatch(/^(too|wrong)[A-Z]/);
      }),
      { numRuns: 500 },
    );
  });

  it("never throws on bytes that never were one", () => {
    const types = fc.constantFrom(...Object.values(frameTypes));
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 300 }), (type, bytes) => {
        bytes[0] = type;
        bytes[1] = 1;
        decodeFrame(bytes);
      }),
    );
  });
});
