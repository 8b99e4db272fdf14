import {
  addressFromBytes,
  encodeRecord,
  type Family,
  type Flow,
  flowMark,
  recordFields,
  recordKey,
  recordLength4,
  recordLength6,
} from "@vipair/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordDiffers } from "./change.js";
import { recordHash } from "./hash.js";
import { keyHash, sameKey } from "./key.js";
import { decodeRecord, decodeRecords } from "./record.js";

const byte = fc.nat({ max: 255 });
const port = fc.nat({ max: 65_535 });
const u32 = fc.nat({ max: 0xffff_ffff });
const address = (family: Family) =>
  fc.uint8Array({ minLength: family === 4 ? 4 : 16, maxLength: family === 4 ? 4 : 16 }).map(addressFromBytes);
const tuple = (family: Family) =>
  fc.record({ source: address(family), destination: address(family), sourcePort: port, destinationPort: port });
const flowsOf = (family: Family): fc.Arbitrary<Flow> =>
  fc.record({
    protocol: byte,
    original: tuple(family),
    reply: tuple(family),
    status: u32,
    timeout: u32,
    mark: port.map((service) => flowMark + service),
    tcp: fc.option(
      fc.record({ state: byte, scaleOriginal: byte, scaleReply: byte, flagsOriginal: byte, flagsReply: byte }),
      { nil: undefined },
    ),
  });
const flows = fc.oneof(flowsOf(4), flowsOf(6));

function recordOf(flow: Flow, offset = 0): DataView {
  const view = new DataView(new ArrayBuffer(offset + recordLength6));
  const length = encodeRecord(view, offset, flow);
  return new DataView(view.buffer, 0, offset + length);
}

const hashOf = (flow: Flow): string => {
  const { low, high } = recordHash(recordOf(flow), 0, { low: 0, high: 0 });
  return `${low} ${high}`;
};

describe("a record", () => {
  it("brings back the flow, at any offset", () => {
    fc.assert(
      fc.property(flows, fc.nat({ max: 9 }), (flow, offset) => {
        expect(decodeRecord(recordOf(flow, offset), offset)).toEqual(flow);
      }),
    );
  });

  it("is 64 bytes for IPv4 and 112 for IPv6, and packs", () => {
    fc.assert(
      fc.property(fc.array(flows, { maxLength: 8 }), (list) => {
        const bytes = new Uint8Array(list.length * recordLength6);
        let length = 0;
        for (const flow of list) {
          const size = encodeRecord(new DataView(bytes.buffer), length, flow);
          expect(size).toBe(flow.original.source.family === 4 ? recordLength4 : recordLength6);
          length += size;
        }
        expect(decodeRecords(bytes.subarray(0, length))).toEqual(list);
      }),
    );
  });

  it("is refused when it is cut short, of no family, or not of our services", () => {
    fc.assert(
      fc.property(flows, fc.nat({ max: 200 }), (flow, cut) => {
        const view = recordOf(flow);
        const short = new DataView(view.buffer, 0, Math.min(cut, view.byteLength - 1));
        expect(decodeRecord(short, 0)).toBeUndefined();
        view.setUint16(recordFields.mark, 0x1234);
        expect(decodeRecord(view, 0)).toBeUndefined();
      }),
    );
  });

  it("never throws, whatever the bytes and the offset", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: -5, max: 250 }), (bytes, offset) => {
        decodeRecord(new DataView(bytes.buffer), offset);
      }),
    );
  });
});

describe("a key", () => {
  it("is the protocol and the original tuple, in every form", () => {
    fc.assert(
      fc.property(flows, flows, fc.boolean(), (one, other, equal) => {
        const second = equal ? { ...other, protocol: one.protocol, original: one.original } : other;
        if (second.reply.source.family !== second.original.source.family) return;
        const [a, b] = [recordOf(one), recordOf(second)];
        const same =
          JSON.stringify([one.protocol, one.original]) === JSON.stringify([second.protocol, second.original]);
        expect(sameKey(a, 0, b, 0)).toBe(same);
        expect(recordKey(a, 0) === recordKey(b, 0)).toBe(same);
        if (same) expect(keyHash(a, 0)).toBe(keyHash(b, 0));
      }),
    );
  });
});

describe("the hash of a record", () => {
  it("does not see time and traffic", () => {
    fc.assert(
      fc.property(flows, u32, u32, (flow, timeout, status) => {
        expect(hashOf({ ...flow, timeout, status })).toBe(hashOf(flow));
      }),
    );
  });

  it("sees reply tuple, mark and phase", () => {
    fc.assert(
      fc.property(flowsOf(4), (flow) => {
        const tcp = { state: 3, scaleOriginal: 7, scaleReply: 7, flagsOriginal: 0, flagsReply: 0 };
        const base: Flow = { ...flow, tcp };
        const reply = { ...flow.reply, sourcePort: flow.reply.sourcePort ^ 1 };
        const variants: Flow[] = [
          base,
          { ...base, tcp: { ...tcp, state: 2 } },
          { ...base, tcp: { ...tcp, state: 7 } },
          { ...base, tcp: undefined },
          { ...base, mark: base.mark ^ 1 },
          { ...base, reply },
        ];
        expect(new Set(variants.map(hashOf)).size).toBe(variants.length);
        for (const state of [4, 5, 6]) expect(hashOf({ ...base, tcp: { ...tcp, state } })).toBe(hashOf(base));
      }),
    );
  });

  it("is the same for records that do not differ in what it sees", () => {
    fc.assert(
      fc.property(flows, flows, (one, other) => {
        if (one.original.source.family !== other.original.source.family) return;
        const second = { ...other, protocol: one.protocol, original: one.original };
        if (!recordDiffers(recordOf(one), 0, recordOf(second), 0)) expect(hashOf(second)).toBe(hashOf(one));
        const later = { ...one, timeout: other.timeout };
        expect(recordDiffers(recordOf(one), 0, recordOf(later), 0)).toBe(false);
      }),
    );
  });
});
