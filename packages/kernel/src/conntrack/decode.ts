/**
 * Reads conntrack messages, of dumps and of events, into slots: one walk over the bytes that makes no objects, so that a
 * thread can follow some hundred thousand of them a second.
 */
import { recordAddressLength, recordFields, recordFlags } from "@vipair/model";
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import { NLM_F_CREATE } from "../netlink/socket.js";
import * as ct from "./attributes.js";
import { flowSlot, slotKinds } from "./slot.js";

/** `struct nlmsghdr` and `struct nfgenmsg`. */
const headers = 20;
/** Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`. */
const typeMask = 0x3fff;
/** Where the octets from CTA_PROTOINFO_TCP_STATE to CTA_PROTOINFO_TCP_FLAGS_REPLY belong. */
const tcpFields = [
  recordFields.tcpState,
  recordFields.scaleOriginal,
  recordFields.scaleReply,
  recordFields.tcpFlagsOriginal,
  recordFields.tcpFlagsReply,
];

/**
 * Fills a slot, all zeros before, from the netlink message at `start`. The kind is that of an event.
 * @returns whether it is a connection with ports; otherwise the slot's content is worth nothing
 */
export function decodeSlot(bytes: DataView, start: number, slots: DataView, slot: number): boolean {
  const end = Math.min(bytes.byteLength, start + bytes.getUint32(start, true));
  const type = bytes.getUint16(start + 4, true);
  if (end < start + headers || (type !== ct.IPCTNL_MSG_CT_NEW && type !== ct.IPCTNL_MSG_CT_DELETE)) return false;
  const family = bytes.getUint8(start + 16);
  if (family !== AF_INET && family !== AF_INET6) return false;
  slots.setUint8(slot + flowSlot.kind, eventKind(type, bytes.getUint16(start + 6, true)));
  slots.setUint32(slot + flowSlot.originator, bytes.getUint32(start + 12, true));
  const record = slot + flowSlot.record;
  slots.setUint8(record + recordFields.family, family === AF_INET ? 4 : 6);
  let at = start + headers;
  let tuples = 0;
  while (at + 4 <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 4 || at + length > end) return false;
    tuples += decodeAttribute(bytes, at, length, slots, record);
    at += (length + 3) & ~3;
  }
  return tuples === 2;
}

function eventKind(type: number, flags: number): number {
  if (type === ct.IPCTNL_MSG_CT_DELETE) return slotKinds.destroy;
  return (flags & NLM_F_CREATE) !== 0 ? slotKinds.new : slotKinds.update;
}

/** @returns 1 for a complete tuple, else 0 */
function decodeAttribute(bytes: DataView, at: number, length: number, slots: DataView, record: number): number {
  switch (bytes.getUint16(at + 2, true) & typeMask) {
    case ct.CTA_TUPLE_ORIG:
      return decodeTuple(bytes, at, length, slots, record, 0);
    case ct.CTA_TUPLE_REPLY:
      return decodeTuple(bytes, at, length, slots, record, 1);
    case ct.CTA_STATUS:
      return copyNumber(bytes, at, length, slots, record + recordFields.status);
    case ct.CTA_TIMEOUT:
      return copyNumber(bytes, at, length, slots, record + recordFields.timeout);
    case ct.CTA_MARK:
      return copyNumber(bytes, at, length, slots, record + recordFields.mark);
    case ct.CTA_ID:
      return copyNumber(bytes, at, length, slots, record + recordFields.id);
    case ct.CTA_PROTOINFO:
      return decodeProtocol(bytes, at, length, slots, record);
  }
  return 0;
}

function copyNumber(bytes: DataView, at: number, length: number, slots: DataView, to: number): number {
  if (length >= 8) slots.setUint32(to, bytes.getUint32(at + 4));
  return 0;
}

/**
 * `CTA_TUPLE_IP` and `CTA_TUPLE_PROTO`, each with attributes of its own.
 * @param direction 0 for the original tuple, 1 for the reply's
 */
function decodeTuple(
  bytes: DataView,
  start: number,
  size: number,
  slots: DataView,
  record: number,
  direction: 0 | 1,
): number {
  let found = 0;
  let at = start + 4;
  const end = start + size;
  while (at + 4 <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 4 || at + length > end) return 0;
    const type = bytes.getUint16(at + 2, true) & typeMask;
    if (type === ct.CTA_TUPLE_IP) found |= decodeAddresses(bytes, at, length, slots, record, direction);
    else if (type === ct.CTA_TUPLE_PROTO) found |= decodePorts(bytes, at, length, slots, record, direction);
    at += (length + 3) & ~3;
  }
  return found === 0b1111 ? 1 : 0;
}

/** @returns bit 0 for the source, bit 1 for the destination */
function decodeAddresses(
  bytes: DataView,
  start: number,
  size: number,
  slots: DataView,
  record: number,
  direction: 0 | 1,
): number {
  const addressLength = recordAddressLength(slots, record);
  const to = record + recordFields.addresses + direction * 2 * addressLength;
  let found = 0;
  let at = start + 4;
  const end = start + size;
  while (at + 4 + addressLength <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 4 + addressLength || at + length > end) return found;
    const type = bytes.getUint16(at + 2, true) & typeMask;
    const source = type === ct.CTA_IP_V4_SRC || type === ct.CTA_IP_V6_SRC;
    const into = to + (source ? 0 : addressLength);
    for (let part = 0; part < addressLength; part += 4) {
      slots.setUint32(into + part, bytes.getUint32(at + 4 + part));
    }
    found |= source ? 1 : 2;
    at += (length + 3) & ~3;
  }
  return found;
}

/** @returns bit 2 for the source port, bit 3 for the destination port */
function decodePorts(
  bytes: DataView,
  start: number,
  size: number,
  slots: DataView,
  record: number,
  direction: 0 | 1,
): number {
  const to = record + (direction === 0 ? recordFields.portsOriginal : recordFields.portsReply);
  let found = 0;
  let at = start + 4;
  const end = start + size;
  while (at + 5 <= end) {
    const length = bytes.getUint16(at, true);
    const type = bytes.getUint16(at + 2, true) & typeMask;
    if (length < 5 || at + length > end) return found;
    if (type === ct.CTA_PROTO_NUM) slots.setUint8(record + recordFields.protocol, bytes.getUint8(at + 4));
    else if (length >= 6 && type === ct.CTA_PROTO_SRC_PORT) {
      slots.setUint16(to, bytes.getUint16(at + 4));
      found |= 4;
    } else if (length >= 6 && type === ct.CTA_PROTO_DST_PORT) {
      slots.setUint16(to + 2, bytes.getUint16(at + 4));
      found |= 8;
    }
    at += (length + 3) & ~3;
  }
  return found;
}

/** `CTA_PROTOINFO_TCP` alone, and its five octets. */
function decodeProtocol(bytes: DataView, start: number, size: number, slots: DataView, record: number): number {
  const end = start + size;
  if (size < 8 || (bytes.getUint16(start + 6, true) & typeMask) !== ct.CTA_PROTOINFO_TCP) return 0;
  slots.setUint8(record + recordFields.flags, recordFlags.tcp);
  let at = start + 8;
  while (at + 5 <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 5 || at + length > end) return 0;
    const field = tcpFields[(bytes.getUint16(at + 2, true) & typeMask) - ct.CTA_PROTOINFO_TCP_STATE];
    if (field !== undefined) slots.setUint8(record + field, bytes.getUint8(at + 4));
    at += (length + 3) & ~3;
  }
  return 0;
}
