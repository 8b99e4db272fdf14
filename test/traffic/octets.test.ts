import { expect, test } from "vitest";
import { blockLength, OctetCheck, octets } from "./octets.js";

const stream = octets(4);

/** Whether the stream is taken for right, in chunks of this length. */
function isRight(received: Buffer, chunkLength: number): boolean {
  const check = new OctetCheck();
  for (let at = 0; at < received.length; at += chunkLength) {
    if (!check.follows(received.subarray(at, at + chunkLength))) return false;
  }
  return check.received === received.length;
}

test.each([5, 1_000, 65_531, 1 << 20])("the stream is right in chunks of %i", (length) => {
  expect(isRight(stream, length)).toBe(true);
});

test.each([
  ["an altered octet", () => Buffer.concat([stream.subarray(0, 70_000), Buffer.from([1]), stream.subarray(70_001)])],
  ["a lost octet", () => Buffer.concat([stream.subarray(0, 100), stream.subarray(101)])],
  ["a lost block", () => Buffer.concat([stream.subarray(0, blockLength), stream.subarray(2 * blockLength)])],
  ["a doubled block", () => Buffer.concat([stream.subarray(0, blockLength), stream])],
])("%s shows", (_what, received) => {
  expect(isRight(received(), 1_000)).toBe(false);
});
