import { type Conntrack, flowSlot, readFlow, writeFlow } from "@vipair/kernel";
import { type Flow, type IpAddress, recordFields, tcpStates } from "@vipair/model";
import { virtualAddress } from "../../topology/plan.js";
import type { CensusAnswer, Range } from "./program.js";

/**
 * Synthetic connections, numbered from 0: established TCP from 10.x.y.z:40000, where x.y.z is the number, to the virtual
 * address, translated to the first real server. The number can be read from the entry in either kernel.
 */
const sourcePort = 40_000;
const servicePort = 80;
const network = 10;
/** `SEEN_REPLY | ASSURED | CONFIRMED | DST_NAT | SRC_NAT_DONE | DST_NAT_DONE`, linux/netfilter/nf_conntrack_common.h. */
const status = 0x1ae;
/** Longer than any measurement: the kernel's default for an established connection, in seconds. */
const timeout = 432_000;

const four = (text: string): IpAddress => ({ family: 4, text });
const virtual = four(virtualAddress);
const server = four("10.77.2.11");

/** The entries of the range in slots. */
export function entrySlots(mark: number, { from, to }: Range): ArrayBuffer {
  const slots = new ArrayBuffer((to - from) * flowSlot.size);
  const view = new DataView(slots);
  for (let number = from; number < to; number++) writeFlow(view, (number - from) * flowSlot.size, entry(mark, number));
  return slots;
}

/** The number of the entry in the slot at this offset; `undefined` when it is a connection of somebody else. */
export function entryNumber(view: DataView, offset: number): number | undefined {
  const record = offset + flowSlot.record;
  const source = record + recordFields.addresses;
  const ours =
    view.getUint8(record + recordFields.family) === 4 &&
    view.getUint16(record + recordFields.portsOriginal) === sourcePort &&
    view.getUint8(source) === network;
  return ours ? view.getUint32(source) & 0xff_ffff : undefined;
}

/** Which entries are in this kernel of those that should be, how many of them are not as they were made, and which others. */
export async function census(
  conntrack: Pick<Conntrack, "dumpSlots">,
  mark: number,
  { from, to }: Range,
): Promise<Omit<CensusAnswer, "type">> {
  // A table that changes while it is read may show an entry twice.
  const seen = new Set<number>();
  let [altered, surplus] = [0, 0];
  for await (const slots of conntrack.dumpSlots({ mark, mask: 0xffff_ffff })) {
    const view = new DataView(slots);
    for (let offset = 0; offset < view.byteLength; offset += flowSlot.size) {
      const number = entryNumber(view, offset);
      if (number === undefined || seen.has(number)) continue;
      seen.add(number);
      if (number < from || number >= to) surplus += 1;
      else if (!isEntry(readFlow(view, offset))) altered += 1;
    }
  }
  return { present: seen.size - surplus, altered, surplus };
}

export function entry(mark: number, number: number): Flow {
  const client = four(`${network}.${number >>> 16}.${(number >>> 8) & 255}.${number & 255}`);
  return {
    protocol: 6,
    original: { source: client, destination: virtual, sourcePort, destinationPort: servicePort },
    reply: { source: server, destination: client, sourcePort: servicePort, destinationPort: sourcePort },
    status,
    timeout,
    mark,
    tcp: { state: tcpStates.established, scaleOriginal: 7, scaleReply: 7, flagsOriginal: 3, flagsReply: 3 },
  };
}

/** Another kernel has to translate it, keep it, and know where it stands: `SEEN_REPLY | ASSURED | DST_NAT`. */
const needed = 0x26;
const isEntry = (flow: Flow): boolean =>
  (flow.status & needed) === needed &&
  flow.reply.source.text === server.text &&
  flow.tcp?.state === tcpStates.established;
