import {
  addressFromBytes,
  type ChecksumReading,
  type Family,
  type IpAddress,
  millisOf,
  parseAddress,
} from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { internetChecksum } from "./checksum.js";
import { type AdvertisementError, decodeAdvertisement } from "./decode.js";
import { encodeAdvertisement } from "./encode.js";
import { type Advertisement, type Datagram, offsets, vrrpGroups } from "./layout.js";

const address = (text: string): IpAddress => parseAddress(text) as IpAddress;
const sources: Readonly<Record<Family, IpAddress>> = { 4: address("198.51.100.2"), 6: address("fe80::2") };
const addressesOf = (family: Family): fc.Arbitrary<IpAddress> => {
  const length = family === 4 ? 4 : 16;
  // IPv4 addresses inside IPv6 have a text form of their own, which is no address of an interface.
  const bytes = fc.uint8Array({ minLength: length, maxLength: length });
  return bytes
    .map(addressFromBytes)
    .filter((found) => found.family === family && parseAddress(found.text) !== undefined);
};
const advertisements = (family: Family): fc.Arbitrary<Advertisement> =>
  fc.record({
    routerId: fc.integer({ min: 1, max: 255 }),
    priority: fc.integer({ min: 0, max: 255 }),
    interval: fc.integer({ min: 1, max: 4095 }).map((centiseconds) => millisOf(centiseconds * 10)),
    addresses: fc.array(addressesOf(family), { minLength: 1, maxLength: 8 }),
  });
const families = fc.constantFrom<Family>(4, 6);
const readings = fc.constantFrom<ChecksumReading>("pseudoHeader", "message");

const example: Readonly<Record<Family, Advertisement>> = {
  4: { routerId: 51, priority: 200, interval: millisOf(100), addresses: [address("198.51.100.10")] },
  6: {
    routerId: 51,
    priority: 200,
    interval: millisOf(100),
    addresses: [address("fe80::10"), address("2001:db8::10")],
  },
};

function datagram(
  family: Family,
  advertisement = example[family],
  reading: ChecksumReading = "pseudoHeader",
): Datagram {
  const envelope = { source: sources[family], destination: vrrpGroups[family] };
  return { ...envelope, hops: 255, payload: encodeAdvertisement(advertisement, envelope, reading) };
}

/** The datagram with one byte replaced, and a checksum that is right again. */
function forge(family: Family, offset: number, value: number): Datagram {
  const { payload, ...rest } = datagram(family);
  const bytes = payload.slice();
  bytes[offset] = value;
  return { ...rest, payload: withChecksum(bytes, rest) };
}

function withChecksum(bytes: Uint8Array, { source }: Pick<Datagram, "source">): Uint8Array {
  bytes.set([0, 0], offsets.checksum);
  const [high, low] = source.family === 4 ? [0, 0] : checksum6(bytes);
  const sum = source.family === 4 ? internetChecksum(bytes) : (high << 8) | low;
  bytes.set([sum >> 8, sum & 0xff], offsets.checksum);
  return bytes;
}

/** RFC 8200 § 8.1, written down once more. */
function checksum6(bytes: Uint8Array): [number, number] {
  const from = [0xfe, 0x80, ...new Array(13).fill(0), 0x02];
  const to = [0xff, 0x02, ...new Array(13).fill(0), 0x12];
  const sum = internetChecksum(Uint8Array.from([...from, ...to, 0, 0, 0, bytes.length, 0, 0, 0, 112]), bytes);
  return [sum >> 8, sum & 0xff];
}

const errorOf = (received: Datagram): AdvertisementError | undefined => {
  const result = decodeAdvertisement(received, 51);
  return result.ok ? undefined : result.error;
};

describe("advertisement", () => {
  it("comes back as it was, in both families and both readings of the checksum", () => {
    const cases = families.chain((family) => fc.tuple(fc.constant(family), advertisements(family), readings));
    fc.assert(
      fc.property(cases, ([family, advertisement, reading]) => {
        const result = decodeAdvertisement(datagram(family, advertisement, reading), advertisement.routerId);
        expect(result).toMatchObject({ ok: true, advertisement });
      }),
    );
  });

  it("is laid out as RFC 9568 § 5.2 has it", () => {
    const bytes = Buffer.from(datagram(4, example[4], "message").payload).toString("hex");
    // Sum of the words: 3133 + c801 + 000a + c633 + 640a = 2237b, folded 237d, complement dc82.
    expect(bytes).toBe("3133c801" + "000adc82" + "c633640a");
  });

  it("says how the sender read RFC 9568 § 5.2.8", () => {
    for (const reading of ["message", "pseudoHeader"] as const) {
      expect(decodeAdvertisement(datagram(4, example[4], reading), 51)).toMatchObject({ ok: true, reading });
    }
    // IPv6 has the pseudo-header whatever the reading.
    expect(decodeAdvertisement(datagram(6, example[6], "message"), 51)).toMatchObject({ reading: "pseudoHeader" });
  });

  it("does not take what does not fit", () => {
    const encode = (changes: Partial<Advertisement>) => () => datagram(4, { ...example[4], ...changes });
    expect(encode({ routerId: 0 })).toThrow("routerId 0 is not a whole number from 1 to 255");
    expect(encode({ priority: 256 })).toThrow(RangeError);
    expect(encode({ interval: millisOf(15) })).toThrow("interval in centiseconds 1.5");
    expect(encode({ interval: millisOf(40_960) })).toThrow(RangeError);
    expect(encode({ addresses: [] })).toThrow("count of addresses 0");
    // RFC 9568 § 5.2.9: of the packet's family.
    expect(encode({ addresses: [address("2001:db8::10")] })).toThrow("2001:db8::10 in a packet of IPv4");
  });
});

describe.each<Family>([4, 6])("RFC 9568 § 7.1 for IPv%i: discards", (family) => {
  const good = datagram(family);

  it.each([0, 1, 64, 254])("a TTL or hop limit of %i (§ 5.1.1.3, § 5.1.2.3)", (hops) => {
    expect(errorOf({ ...good, hops })).toBe("wrongHops");
  });

  it.each([2, 4, 0, 15])("version %i", (version) => {
    expect(errorOf(forge(family, offsets.versionAndType, (version << 4) | 1))).toBe("wrongVersion");
  });

  it.each([0, 2, 15])("type %i (§ 5.2.2)", (type) => {
    expect(errorOf(forge(family, offsets.versionAndType, 0x30 | type))).toBe("wrongType");
  });

  it("whatever is not whole", () => {
    for (let length = 0; length < good.payload.length; length++) {
      expect(errorOf({ ...good, payload: good.payload.subarray(0, length) })).toBe("incomplete");
    }
  });

  it("a wrong checksum (§ 5.2.8): any bit, and any other sender or receiver than it says", () => {
    for (let bit = 8; bit < good.payload.length * 8; bit++) {
      const payload = good.payload.slice();
      payload[bit >> 3] = (payload[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(["wrongChecksum", "incomplete"]).toContain(errorOf({ ...good, payload }));
    }
    const stranger = address(family === 4 ? "198.51.100.99" : "fe80::99");
    expect(errorOf({ ...good, source: stranger })).toBe("wrongChecksum");
    expect(errorOf({ ...good, destination: stranger })).toBe("wrongChecksum");
  });

  it("a router id of somebody else (erratum 8298)", () => {
    expect(errorOf(forge(family, offsets.routerId, 52))).toBe("wrongRouterId");
  });

  it("a count of 0 (§ 5.2.5)", () => {
    expect(errorOf(forge(family, offsets.count, 0))).toBe("noAddresses");
  });

  it("an interval of 0 (erratum 8301)", () => {
    expect(errorOf(forge(family, offsets.interval + 1, 0))).toBe("noInterval");
  });

  it("but ignores the reserved bits (§ 5.2.6)", () => {
    expect(decodeAdvertisement(forge(family, offsets.interval, 0xf0), 51)).toMatchObject({
      ok: true,
      advertisement: example[family],
    });
  });
});

describe("any bytes", () => {
  const bytes = fc.uint8Array({ maxLength: 60 });

  it("are an advertisement or a reason, never an exception", () => {
    fc.assert(
      fc.property(families, bytes, fc.integer({ min: 0, max: 255 }), (family, payload, hops) => {
        const result = decodeAdvertisement({ ...datagram(family), hops, payload }, 51);
        return result.ok || result.error.length > 0;
      }),
      { numRuns: 2_000 },
    );
  });

  it("with a right beginning and checksum are read to the end", () => {
    fc.assert(
      fc.property(bytes, (rest) => {
        const payload = withChecksum(Uint8Array.from([0x31, 51, 1, 2, 0, 10, 0, 0, ...rest]), { source: sources[4] });
        const result = decodeAdvertisement({ ...datagram(4), payload }, 51);
        return rest.length < 8 ? !result.ok && result.error === "incomplete" : result.ok;
      }),
    );
  });
});
