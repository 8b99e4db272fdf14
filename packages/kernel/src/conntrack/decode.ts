/**
 * Reads conntrack messages, of dumps and of events, into slots: one walk over the bytes that makes no objects, so that a
 * thread can follow some hundred thousand of them a second.
 */
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import { NLM_F_CREATE } from "../netlink/socket.js";
import * as ct from "./attributes.js";
import { flowSlot, knowsTcp, slotKinds, tupleSlot } from "./slot.js";

/** `struct nlmsghdr` and `struct nfgenmsg`. */
const headers = 20;
/** Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`. */
const typeMask = 0x3fff;

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
  slots.setUint8(slot + flowSlot.family, family === AF_INET ? 4 : 6);
  slots.setUint32(slot + flowSlot.originator, bytes.getUint32(start + 12, true));
  let at = start + headers;
  let tuples = 0;
  while (at + 4 <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 4 || at + length > end) return false;
    tuples += decodeAttribute(bytes, at, length, slots, slot);
    at += (length + 3) & ~3;
  }
  return tuples === 2;
}

function eventKind(type: number, flags: number): number {
  if (type === ct.IPCTNL_MSG_CT_DELETE) return slotKinds.destroy;
  return (flags & NLM_F_CREATE) !== 0 ? slotKinds.new : slotKinds.update;
}

/** @returns 1 for a complete tuple, else 0 */
function decodeAttribute(bytes: DataView, at: number, length: number, slots: DataView, slot: number): number {
  switch (bytes.getUint16(at + 2, true) & typeMask) {
    case ct.CTA_TUPLE_ORIG:
      return decodeTuple(bytes, at, length, slots, slot, slot + flowSlot.original);
    case ct.CTA_TUPLE_REPLY:
      return decodeTuple(bytes, at, length, slots, slot, slot + flowSlot.reply);
    case ct.CTA_STATUS:
      return copyNumber(bytes, at, length, slots, slot + flowSlot.status);
    case ct.CTA_TIMEOUT:
      return copyNumber(bytes, at, length, slots, slot + flowSlot.timeout);
    case ct.CTA_MARK:
      return copyNumber(bytes, at, length, slots, slot + flowSlot.mark);
    case ct.CTA_ID:
      return copyNumber(bytes, at, length, slots, slot + flowSlot.id);
    case ct.CTA_PROTOINFO:
      return decodeProtocol(bytes, at, length, slots, slot);
  }
  return 0;
}

function copyNumber(bytes: DataView, at: number, length: number, slots: DataView, to: number): number {
  if (length >= 8) slots.setUint32(to, bytes.getUint32(at + 4));
  return 0;
}

/** `CTA_TUPLE_IP` and `CTA_TUPLE_PROTO`, each with attributes of its own. */
function decodeTuple(bytes: DataView, start: number, size: number, slots: DataView, slot: number, to: number): number {
  let found = 0;
  let at = start + 4;
  const end = start + size;
  while (at + 4 <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 4 || at + length > end) return 0;
    const type = bytes.getUint16(at + 2, true) & typeMask;
    if (type === ct.CTA_TUPLE_IP) found |= decodeAddresses(bytes, at, length, slots, to);
    else if (type === ct.CTA_TUPLE_PROTO) found |= decodePorts(bytes, at, length, slots, slot, to);
    at += (length + 3) & ~3;
  }
  return found === 0b1111 ? 1 : 0;
}

/** @returns bit 0 for the source, bit 1 for the destination */
function decodeAddresses(bytes: DataView, start: number, size: number, slots: DataView, to: number): number {
  let found = 0;
  let at = start + 4;
  const end = start + size;
  while (at + 8 <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 8 || at + length > end) return found;
    const type = bytes.getUint16(at + 2, true) & typeMask;
    const source = type === ct.CTA_IP_V4_SRC || type === ct.CTA_IP_V6_SRC;
    const into = to + (source ? tupleSlot.source : tupleSlot.destination);
    for (let part = 0; part < Math.min(length - 4, 16); part += 4) {
      slots.setUint32(into + part, bytes.getUint32(at + 4 + part));
    }
    found |= source ? 1 : 2;
    at += (length + 3) & ~3;
  }
  return found;
}

/** @returns bit 2 for the source port, bit 3 for the destination port */
function decodePorts(bytes: DataView, start: number, size: number, slots: DataView, slot: number, to: number): number {
  let found = 0;
  let at = start + 4;
  const end = start + size;
  while (at + 5 <= end) {
    const length = bytes.getUint16(at, true);
    const type = bytes.getUint16(at + 2, true) & typeMask;
    if (length < 5 || at + length > end) return found;
    if (type === ct.CTA_PROTO_NUM) slots.setUint8(slot + flowSlot.protocol, bytes.getUint8(at + 4));
    else if (length >= 6 && type === ct.CTA_PROTO_SRC_PORT) {
      slots.setUint16(to + tupleSlot.sourcePort, bytes.getUint16(at + 4));
      found |= 4;
    } else if (length >= 6 && type === ct.CTA_PROTO_DST_PORT) {
      slots.setUint16(to + tupleSlot.destinationPort, bytes.getUint16(at + 4));
      found |= 8;
    }
    at += (length + 3) & ~3;
  }
  return found;
}

/** `CTA_PROTOINFO_TCP` alone, and its five octets. */
function decodeProtocol(bytes: DataView, start: number, size: number, slots: DataView, slot: number): number {
  const end = start + size;
  if (size < 8 || (bytes.getUint16(start + 6, true) & typeMask) !== ct.CTA_PROTOINFO_TCP) return 0;
  slots.setUint8(slot + flowSlot.known, knowsTcp);
  let at = start + 8;
  while (at + 5 <= end) {
    const length = bytes.getUint16(at, true);
    if (length < 5 || at + length > end) return 0;
    const type = bytes.getUint16(at + 2, true) & typeMask;
    // CTA_PROTOINFO_TCP_STATE and its successors are numbered as the slot's fields follow each other.
    if (type >= ct.CTA_PROTOINFO_TCP_STATE && type <= ct.CTA_PROTOINFO_TCP_FLAGS_REPLY) {
      slots.setUint8(slot + flowSlot.tcpState + type - ct.CTA_PROTOINFO_TCP_STATE, bytes.getUint8(at + 4));
    }
    at += (length + 3) & ~3;
  }
  return 0;
}
