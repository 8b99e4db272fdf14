import {
  encodeRecords,
  type Flow,
  flowStatus,
  recordAddressLength,
  recordFields,
  recordLength,
  type Tuple,
} from "@vipair/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeAttributes } from "../netlink/reader.js";
import * as ct from "./attributes.js";
import { decodeSlot } from "./decode.js";
import { encodeCreation, encodeDeletion, type Records } from "./encode.js";
import { flows } from "./flow.fixture.js";
import { flowSlot, readFlow } from "./slot.js";

const minimumTimeout = 90;
const headers = 20;

function recordsOf(list: readonly Flow[]): { records: Records; offsets: number[] } {
  const bytes = encodeRecords(list);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const offsets: number[] = [];
  for (let at = 0; at < bytes.length; at += recordLength(view, at)) offsets.push(at);
  return { records: { bytes, view }, offsets };
}

const bytesOf = ({ bytes }: Records, from: number, length: number): Buffer =>
  Buffer.from(bytes.subarray(from, from + length));

const inverse = ({ source, destination, sourcePort, destinationPort }: Tuple): Tuple => ({
  source: destination,
  destination: source,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
});

/** As a kernel that knows nothing of it is told. */
const told = (flow: Flow): Flow => ({
  ...flow,
  reply: inverse(flow.original),
  status: (flow.status & (flowStatus.seenReply | flowStatus.assured)) | flowStatus.confirmed,
  timeout: Math.max(flow.timeout, flow.protocol === 6 ? 1 : minimumTimeout),
  tcp: flow.tcp && {
    ...flow.tcp,
    flagsOriginal: (flow.tcp.flagsOriginal & 0x6) | 0x9,
    flagsReply: (flow.tcp.flagsReply & 0x6) | 0x9,
  },
});

/** What the message says in the attributes that the kernel itself uses to tell of a connection. */
function flowIn(message: Uint8Array): Flow {
  const slot = new DataView(new ArrayBuffer(flowSlot.size));
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  expect(decodeSlot(view, 0, slot, 0)).toBe(true);
  return readFlow(slot, 0);
}

test("each of many connections is told as it is, whatever was told before it", () => {
  fc.assert(
    fc.property(fc.array(flows, { minLength: 1, maxLength: 12 }), (list) => {
      const { records, offsets } = recordsOf(list);
      offsets.forEach((record, index) => {
        const flow = list[index] as Flow;
        expect(flowIn(encodeCreation(records, record, 5, index, minimumTimeout))).toEqual(told(flow));
      });
    }),
  );
});

test("translations are told by their ends of the reply", () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const { records } = recordsOf([flow]);
      const message = Buffer.from(encodeCreation(records, 0, 0, 0, 0));
      const attributes = decodeAttributes(message, headers);
      const length = recordAddressLength(records.view, 0);
      const ends = [
        { type: ct.CTA_NAT_DST, bit: flowStatus.destinationTranslated, end: 0 },
        { type: ct.CTA_NAT_SRC, bit: flowStatus.sourceTranslated, end: 1 },
      ];
      for (const { type, bit, end } of ends) {
        const nest = attributes.get(type);
        expect(nest !== undefined).toBe((flow.status & bit) !== 0);
        if (nest === undefined) continue;
        const address = recordFields.addresses + (2 + end) * length;
        const port = recordFields.portsReply + 2 * end;
        const inside = decodeAttributes(nest);
        const ports = decodeAttributes(inside.get(ct.CTA_NAT_PROTO) ?? Buffer.alloc(0));
        const bounds =
          length === 4 ? [ct.CTA_NAT_V4_MINIP, ct.CTA_NAT_V4_MAXIP] : [ct.CTA_NAT_V6_MINIP, ct.CTA_NAT_V6_MAXIP];
        for (const bound of bounds) expect(inside.get(bound)).toEqual(bytesOf(records, address, length));
        for (const bound of [ct.CTA_PROTONAT_PORT_MIN, ct.CTA_PROTONAT_PORT_MAX]) {
          expect(ports.get(bound)).toEqual(bytesOf(records, port, 2));
        }
      }
    }),
  );
});

test("a deletion names the original tuple alone", () => {
  fc.assert(
    fc.property(flows, (flow) => {
      const { records } = recordsOf([flow]);
      const creation = Buffer.from(encodeCreation(records, 0, 0, 0, 0));
      const deletion = Buffer.from(encodeDeletion(records, 0, 0, 7));
      expect([deletion.readUInt32LE(0), deletion.readUInt32LE(8)]).toEqual([deletion.length, 7]);
      const attributes = decodeAttributes(deletion, headers);
      expect([...attributes.keys()]).toEqual([ct.CTA_TUPLE_ORIG]);
      expect(attributes.get(ct.CTA_TUPLE_ORIG)).toEqual(decodeAttributes(creation, headers).get(ct.CTA_TUPLE_ORIG));
    }),
  );
});
