import { type Family, type Flow, flowMark, flowMarkMask, type TcpFlow, type Tuple } from "@vipair/model";
import { readAddress, writeAddress } from "./address.js";
import { fields, recordFlags, recordLength, recordLength4, recordLength6 } from "./layout.js";

/**
 * Writes the flow as a record.
 *
 * @param id the kernel's id of the entry (CTA_ID), which tells a reused tuple apart; 0 when unknown
 * @returns the length of the record: 64 or 112
 */
export function encodeRecord(view: DataView, offset: number, flow: Flow, id = 0): number {
  const { family } = flow.original.source;
  const { tcp } = flow;
  view.setUint8(offset + fields.family, family);
  view.setUint8(offset + fields.protocol, flow.protocol);
  view.setUint8(offset + fields.flags, tcp === undefined ? 0 : recordFlags.tcp);
  view.setUint8(offset + fields.tcpState, tcp?.state ?? 0);
  view.setUint8(offset + fields.tcpFlagsOriginal, tcp?.flagsOriginal ?? 0);
  view.setUint8(offset + fields.tcpFlagsReply, tcp?.flagsReply ?? 0);
  view.setUint8(offset + fields.scaleOriginal, tcp?.scaleOriginal ?? 0);
  view.setUint8(offset + fields.scaleReply, tcp?.scaleReply ?? 0);
  view.setUint32(offset + fields.status, flow.status);
  view.setUint32(offset + fields.timeout, flow.timeout);
  view.setUint32(offset + fields.mark, flow.mark);
  view.setUint32(offset + fields.id, id);
  for (let zero = fields.portsReply + 4; zero < fields.addresses; zero += 4) view.setUint32(offset + zero, 0);
  writeTuple(view, offset + fields.portsOriginal, offset + fields.addresses, flow.original);
  const addressLength = family === 4 ? 4 : 16;
  writeTuple(view, offset + fields.portsReply, offset + fields.addresses + 2 * addressLength, flow.reply);
  return family === 4 ? recordLength4 : recordLength6;
}

/** Reads a record; `undefined` when there is none of one of our services. Never throws, whatever the bytes. */
export function decodeRecord(view: DataView, offset: number): Flow | undefined {
  if (!isRecord(view, offset)) return undefined;
  const family: Family = view.getUint8(offset) === 4 ? 4 : 6;
  const addresses = offset + fields.addresses;
  return {
    protocol: view.getUint8(offset + fields.protocol),
    original: readTuple(view, offset + fields.portsOriginal, addresses, family),
    reply: readTuple(view, offset + fields.portsReply, addresses + (family === 4 ? 8 : 32), family),
    status: view.getUint32(offset + fields.status),
    timeout: view.getUint32(offset + fields.timeout),
    mark: view.getUint32(offset + fields.mark),
    tcp: readTcp(view, offset),
  };
}

/** All flows of packed records, such as an effect of the replica carries; stops at the first bytes that are none. */
export function decodeRecords(records: Uint8Array): Flow[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const flows: Flow[] = [];
  let offset = 0;
  for (;;) {
    const flow = offset < records.length ? decodeRecord(view, offset) : undefined;
    if (flow === undefined) return flows;
    flows.push(flow);
    offset += recordLength(view, offset);
  }
}

/** Whether the bytes are a record of a connection through one of our services, complete within the view. */
export function isRecord(view: DataView, offset: number): boolean {
  if (offset < 0 || offset + recordLength4 > view.byteLength) return false;
  const family = view.getUint8(offset);
  if (family !== 4 && (family !== 6 || offset + recordLength6 > view.byteLength)) return false;
  return view.getUint8(offset + fields.flags) <= 7 && hasOurMark(view, offset);
}

/** Whether the connection belongs to one of our services. */
export const hasOurMark = (view: DataView, offset: number): boolean =>
  (view.getUint32(offset + fields.mark) & flowMarkMask) === (flowMark | 0);

function readTcp(view: DataView, offset: number): TcpFlow | undefined {
  if ((view.getUint8(offset + fields.flags) & recordFlags.tcp) === 0) return undefined;
  return {
    state: view.getUint8(offset + fields.tcpState),
    scaleOriginal: view.getUint8(offset + fields.scaleOriginal),
    scaleReply: view.getUint8(offset + fields.scaleReply),
    flagsOriginal: view.getUint8(offset + fields.tcpFlagsOriginal),
    flagsReply: view.getUint8(offset + fields.tcpFlagsReply),
  };
}

function writeTuple(view: DataView, ports: number, addresses: number, tuple: Tuple): void {
  view.setUint16(ports, tuple.sourcePort);
  view.setUint16(ports + 2, tuple.destinationPort);
  writeAddress(view, addresses, tuple.source);
  writeAddress(view, addresses + (tuple.source.family === 4 ? 4 : 16), tuple.destination);
}

function readTuple(view: DataView, ports: number, addresses: number, family: Family): Tuple {
  return {
    source: readAddress(view, addresses, family),
    destination: readAddress(view, addresses + (family === 4 ? 4 : 16), family),
    sourcePort: view.getUint16(ports),
    destinationPort: view.getUint16(ports + 2),
  };
}
