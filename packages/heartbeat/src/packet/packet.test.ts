import { createHmac } from "node:crypto";
import { millisOf } from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Authenticator, equalInConstantTime } from "./authenticator.js";
import { type DecodeError, decodePacket } from "./decode.js";
import { encodePacket } from "./encode.js";
import { extendedLength, longestPacket, macLength, offsets, type Packet, packetLength } from "./layout.js";

const withSecret = (secret: string): Authenticator => ({
  mac: (bytes) => createHmac("sha256", secret).update(bytes).digest(),
});
const authenticator = withSecret("secret");

const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const packets: fc.Arbitrary<Packet> = fc.record({
  routerId: fc.constant(51),
  sender: fc.constantFrom(0, 1),
  path: fc.nat({ max: 255 }),
  boot: word,
  seq: count,
  challenge: word,
  response: word,
  configDigest: word,
  heartbeat: fc.record({
    role: fc.constantFrom("backup", "active"),
    priority: fc.integer({ min: 1, max: 254 }),
    term: count,
    interval: fc.integer({ min: 1, max: 0xffff_ffff }).map(millisOf),
    resigning: fc.boolean(),
    planned: fc.boolean(),
    eligible: fc.boolean(),
    ready: fc.boolean(),
    maintenance: fc.boolean(),
    hearing: fc.boolean(),
    claiming: fc.boolean(),
    reach: fc.constant(undefined),
  }),
  hears: fc.constant(undefined),
});
const reaches = fc.record({
  carriersLost: fc.nat({ max: 255 }),
  gatewaysLost: fc.nat({ max: 255 }),
  serversUp: fc.nat({ max: 1_000 }),
});
const extended: fc.Arbitrary<Packet> = fc
  .tuple(packets, reaches, fc.nat({ max: 0xffff_ffff }))
  .map(([plain, reach, hears]) => ({ ...plain, hears, heartbeat: { ...plain.heartbeat, reach } }));

const packet = fc.sample(packets, { numRuns: 1, seed: 1 })[0] as Packet;
const extendedPacket = fc.sample(extended, { numRuns: 1, seed: 1 })[0] as Packet;

/** The bytes, and a MAC that is right for them. */
function seal(body: Uint8Array): Uint8Array {
  return Uint8Array.of(...body, ...authenticator.mac(body));
}

/** The packet with one byte replaced, and a MAC that is right again. */
function forge(offset: number, value: number, original = packet): Uint8Array {
  const body = encodePacket(original, authenticator).slice(0, -macLength);
  body[offset] = value;
  return seal(body);
}

const errorOf = (bytes: Uint8Array): DecodeError | undefined => {
  const result = decodePacket(bytes, 51, authenticator);
  return result.ok ? undefined : result.error;
};

describe("packet", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(packets, (original) => {
        const bytes = encodePacket(original, authenticator);
        expect(bytes.length).toBe(packetLength);
        expect(decodePacket(bytes, 51, authenticator)).toEqual({ ok: true, packet: original });
      }),
    );
  });

  it("comes back with what it says beyond the 96 bytes that an older node sends", () => {
    fc.assert(
      fc.property(extended, (original) => {
        const bytes = encodePacket(original, authenticator);
        expect(bytes.length).toBe(extendedLength);
        expect(decodePacket(bytes, 51, authenticator)).toEqual({ ok: true, packet: original });
      }),
    );
  });

  it("is read without what a later version adds", () => {
    const body = encodePacket(extendedPacket, authenticator).subarray(0, -macLength);
    const later = seal(Uint8Array.of(...body, ...new Uint8Array(50).fill(7)));
    expect(decodePacket(later, 51, authenticator)).toEqual({ ok: true, packet: extendedPacket });
    const stunted = seal(body.subarray(0, -1));
    const { heartbeat } = extendedPacket;
    const plain = { ...extendedPacket, hears: undefined, heartbeat: { ...heartbeat, reach: undefined } };
    expect(decodePacket(stunted, 51, authenticator)).toEqual({ ok: true, packet: plain });
  });

  it("is read from the middle of a larger buffer", () => {
    const buffer = new Uint8Array(packetLength + 10);
    buffer.set(encodePacket(packet, authenticator), 7);
    expect(decodePacket(buffer.subarray(7, 7 + packetLength), 51, authenticator)).toEqual({ ok: true, packet });
  });

  it("is never accepted with a flipped bit", () => {
    const bytes = encodePacket(extendedPacket, authenticator);
    for (let bit = 0; bit < 8 * extendedLength; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodePacket(flipped, 51, authenticator).ok).toBe(false);
    }
  });

  it("is a value, never an exception, whatever the bytes", () => {
    const garbage = fc.uint8Array({ maxLength: 2 * packetLength });
    const nearly = fc.uint8Array({ minLength: packetLength, maxLength: 2 * packetLength }).map((bytes) => {
      bytes.set(encodePacket(packet, authenticator).subarray(0, offsets.sender));
      return seal(bytes.subarray(0, -macLength));
    });
    fc.assert(fc.property(fc.oneof(garbage, nearly), (bytes) => void decodePacket(bytes, 51, authenticator)));
    fc.assert(fc.property(garbage, (bytes) => !decodePacket(bytes, 51, authenticator).ok));
  });

  it("names what is wrong", () => {
    const bytes = encodePacket(packet, authenticator);
    expect(errorOf(bytes)).toBeUndefined();
    expect(errorOf(bytes.subarray(1))).toBe("tooShort");
    expect(errorOf(Uint8Array.of(...bytes, 0))).toBe("wrongMac");
    expect(errorOf(new Uint8Array(longestPacket + 1))).toBe("tooLong");
    expect(errorOf(forge(offsets.magic, 0))).toBe("wrongMagic");
    expect(errorOf(forge(offsets.version, 2))).toBe("wrongVersion");
    expect(errorOf(encodePacket({ ...packet, routerId: 52 }, authenticator))).toBe("wrongRouterId");
    expect(errorOf(encodePacket(packet, withSecret("another")))).toBe("wrongMac");
  });

  it.each([
    ["sender", offsets.sender, 2],
    ["count beyond what a number holds", offsets.seq, 0xff],
    ["role", offsets.role, 3],
    ["no role", offsets.role, 0],
    ["priority 0", offsets.priority, 0],
    ["priority 255", offsets.priority, 255],
    ["unknown flag", offsets.flags + 1, 0x80],
    ["unknown flag", offsets.flags, 0x01],
    ["term beyond what a number holds", offsets.term, 0xff],
  ])("refuses a wrong field behind a right MAC: %s", (_name, offset, value) => {
    expect(errorOf(forge(offset, value))).toBe("wrongField");
  });

  it("refuses more servers up than there are", () => {
    expect(errorOf(forge(offsets.serversUp, 0x04, extendedPacket))).toBe("wrongField");
  });

  it("throws for a field that does not fit: that is our own bug", () => {
    const heartbeat = { ...packet.heartbeat, priority: 255 };
    expect(() => encodePacket({ ...packet, heartbeat }, authenticator)).toThrow(RangeError);
    expect(() => encodePacket({ ...packet, routerId: 0 }, authenticator)).toThrow(RangeError);
    expect(() => encodePacket(packet, { mac: () => new Uint8Array(16) })).toThrow(RangeError);
  });

  it("compares codes of different length as different", () => {
    expect(equalInConstantTime(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalInConstantTime(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalInConstantTime(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0))).toBe(false);
  });
});
