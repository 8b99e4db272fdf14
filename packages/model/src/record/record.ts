import type { Family } from "../address.js";
import type { Flow, TcpFlow, Tuple } from "../flow.js";
import { readAddress, writeAddress } from "./address.js";
import { recordAddressLength, recordFields, recordFlags, recordLength4, recordLength6 } from "./layout.js";

/**
 * Writes the flow as a record.
 *
 * @param id the kernel's id of the entry (CTA_ID), which tells a reused tuple apart; 0 when unknown
 * @returns the length of the record: 64 or 112
 */
export function encodeRecord(view: DataView, offset: number, flow: Flow, id = 0): number {
  const { family } = flow.original.source;
  const { tcp } = flow;
  view.setUint8(offset + recordFields.family, family);
  view.setUint8(offset + recordFields.protocol, flow.protocol);
  view.setUint8(offset + recordFields.flags, tcp === undefined ? 0 : recordFlags.tcp);
  view.setUint8(offset + recordFields.tcpState, tcp?.state ?? 0);
  view.setUint8(offset + recordFields.tcpFlagsOriginal, tcp?.flagsOriginal ?? 0);
  view.setUint8(offset + recordFields.tcpFlagsReply, tcp?.flagsReply ?? 0);
  view.setUint8(offset + recordFields.scaleOriginal, tcp?.scaleOriginal ?? 0);
  view.setUint8(offset + recordFields.scaleReply, tcp?.scaleReply ?? 0);
  view.setUint32(offset + recordFields.status, flow.status);
  view.setUint32(offset + recordFields.timeout, flow.timeout);
  view.setUint32(offset + recordFields.mark, flow.mark);
  view.setUint32(offset + recordFields.id, id);
  for (let zero = recordFields.portsReply + 4; zero < recordFields.addresses; zero += 4) {
    view.setUint32(offset + zero, 0);
  }
  writeTuple(view, offset + recordFields.portsOriginal, offset + recordFields.addresses, flow.original);
  const addressLength = family === 4 ? 4 : 16;
  writeTuple(view, offset + recordFields.portsReply, offset + recordFields.addresses + 2 * addressLength, flow.reply);
  return family === 4 ? recordLength4 : recordLength6;
}

/** The flows as records, packed one after the other. */
export function encodeRecords(flows: readonly Flow[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(flows.length * recordLength6));
  let length = 0;
  for (const flow of flows) length += encodeRecord(view, length, flow);
  return new Uint8Array(view.buffer, 0, length);
}

/** The flow of a record, which there must be at this offset. */
export function readRecord(view: DataView, offset: number): Flow {
  const addressLength = recordAddressLength(view, offset);
  const family = addressLength === 4 ? 4 : 6;
  const addresses = offset + recordFields.addresses;
  return {
    protocol: view.getUint8(offset + recordFields.protocol),
    original: readTuple(view, offset + recordFields.portsOriginal, addresses, family),
    reply: readTuple(view, offset + recordFields.portsReply, addresses + 2 * addressLength, family),
    status: view.getUint32(offset + recordFields.status),
    timeout: view.getUint32(offset + recordFields.timeout),
    mark: view.getUint32(offset + recordFields.mark),
    tcp: readTcp(view, offset),
  };
}

function readTcp(view: DataView, offset: number): TcpFlow | undefined {
  if ((view.getUint8(offset + recordFields.flags) & recordFlags.tcp) === 0) return undefined;
  return {
    state: view.getUint8(offset + recordFields.tcpState),
    scaleOriginal: view.getUint8(offset + recordFields.scaleOriginal),
    scaleReply: view.getUint8(offset + recordFields.scaleReply),
    flagsOriginal: view.getUint8(offset + recordFields.tcpFlagsOriginal),
    flagsReply: view.getUint8(offset + recordFields.tcpFlagsReply),
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
