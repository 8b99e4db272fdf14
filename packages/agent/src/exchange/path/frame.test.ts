import * as fc from "fast-check";
import { expect, it } from "vitest";
import { encodeFrame, openFrameReader } from "./frame.js";

const frames = fc.array(fc.uint8Array({ maxLength: 1_024 }), { maxLength: 20 });

it("cuts the same frames out of a stream, however the network cut it", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(encodeFrame));
      const received: Uint8Array[] = [];
      const read = openFrameReader((frame) => received.push(Uint8Array.from(frame)));
      for (let start = 0, turn = 0; start < stream.length; turn++) {
        const end = start + (sizes[turn % sizes.length] ?? 1);
        expect(read(stream.subarray(start, end))).toBe(true);
        start = end;
      }
      expect(received).toEqual(sent.map((frame) => Uint8Array.from(frame)));
    }),
  );
});

it("takes the longest frame, and refuses a longer one before it has arrived", () => {
  const received: number[] = [];
  const read = openFrameReader((frame) => received.push(frame.length));
  expect(read(encodeFrame(new Uint8Array(1_024)))).toBe(true);
  expect(read(Uint8Array.of(0x04, 0x01))).toBe(false);
  expect(received).toEqual([1_024]);
});
