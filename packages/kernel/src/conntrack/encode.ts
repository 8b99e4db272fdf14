/**
 * A connection as ctnetlink wants to be told of it, from a slot. The kernel takes the reply tuple as it would be without
 * translation, and works the real one out from the translations itself; told the translated tuple, it says yes and
 * translates nothing.
 */
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import * as ct from "./attributes.js";
import { flowSlot, knowsTcp, tupleSlot } from "./slot.js";

const tcp = 6;

/** Slots to encode: many in one buffer. */
export interface Slots {
  readonly bytes: Uint8Array;
  /** Of the same bytes. */
  readonly view: DataView;
}

/**
 * Everything behind the netlink header for the creation of the flow.
 * @param minimumTimeout seconds, for a flow that is not TCP
 */
export function encodeFlow(writer: NetlinkWriter, slots: Slots, slot: number, minimumTimeout: number): void {
  const { view } = slots;
  encodeKey(writer, slots, slot);
  encodeTuple(writer, ct.CTA_TUPLE_REPLY, slots, slot, "inverse");
  const status = view.getUint32(slot + flowSlot.status);
  // Unconfirmed is EBUSY; the bits of translation are the kernel's own.
  const kept = (status & (ct.IPS_SEEN_REPLY | ct.IPS_ASSURED)) | ct.IPS_CONFIRMED;
  writer.attributeBe32(ct.CTA_STATUS, kept);
  if ((view.getUint8(slot + flowSlot.known) & knowsTcp) !== 0) encodeTcp(writer, view, slot);
  // With a timeout of 0 it would be born expired.
  const least = view.getUint8(slot + flowSlot.protocol) === tcp ? 1 : Math.max(1, minimumTimeout);
  writer.attributeBe32(ct.CTA_TIMEOUT, Math.max(least, view.getUint32(slot + flowSlot.timeout)));
  writer.attributeBe32(ct.CTA_MARK, view.getUint32(slot + flowSlot.mark));
  const { source, destination } = tupleSlot;
  if ((status & ct.IPS_DST_NAT) !== 0) encodeTranslation(writer, ct.CTA_NAT_DST, slots, slot, source);
  if ((status & ct.IPS_SRC_NAT) !== 0) encodeTranslation(writer, ct.CTA_NAT_SRC, slots, slot, destination);
}

/** The family and the original tuple: enough to find the flow. */
export function encodeKey(writer: NetlinkWriter, slots: Slots, slot: number): void {
  writer
    .u8(isIpv4(slots, slot) ? AF_INET : AF_INET6)
    .u8(0)
    .be16(0);
  encodeTuple(writer, ct.CTA_TUPLE_ORIG, slots, slot, "original");
}

const isIpv4 = ({ view }: Slots, slot: number): boolean => view.getUint8(slot + flowSlot.family) === 4;

/** The original tuple of the slot, or the one that answers to it without translation. */
function encodeTuple(
  writer: NetlinkWriter,
  type: number,
  slots: Slots,
  slot: number,
  which: "original" | "inverse",
): void {
  const { bytes, view } = slots;
  const four = isIpv4(slots, slot);
  const size = four ? 4 : 16;
  const { source, destination, sourcePort, destinationPort } = tupleSlot;
  const tuple = slot + flowSlot.original;
  const inverse = which === "inverse";
  const nest = writer.openNest(type);
  const addresses = writer.openNest(ct.CTA_TUPLE_IP);
  const from = tuple + (inverse ? destination : source);
  const to = tuple + (inverse ? source : destination);
  writer.attributeFrom(four ? ct.CTA_IP_V4_SRC : ct.CTA_IP_V6_SRC, bytes, from, size);
  writer.attributeFrom(four ? ct.CTA_IP_V4_DST : ct.CTA_IP_V6_DST, bytes, to, size);
  writer.closeNest(addresses);
  const transport = writer.openNest(ct.CTA_TUPLE_PROTO);
  writer.attributeU8(ct.CTA_PROTO_NUM, view.getUint8(slot + flowSlot.protocol));
  writer.attributeBe16(ct.CTA_PROTO_SRC_PORT, view.getUint16(tuple + (inverse ? destinationPort : sourcePort)));
  writer.attributeBe16(ct.CTA_PROTO_DST_PORT, view.getUint16(tuple + (inverse ? sourcePort : destinationPort)));
  writer.closeNest(transport);
  writer.closeNest(nest);
}

function encodeTcp(writer: NetlinkWriter, view: DataView, slot: number): void {
  const nest = writer.openNest(ct.CTA_PROTOINFO);
  const fields = writer.openNest(ct.CTA_PROTOINFO_TCP);
  writer.attributeU8(ct.CTA_PROTOINFO_TCP_STATE, view.getUint8(slot + flowSlot.tcpState));
  writer.attributeU8(ct.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, view.getUint8(slot + flowSlot.scaleOriginal));
  writer.attributeU8(ct.CTA_PROTOINFO_TCP_WSCALE_REPLY, view.getUint8(slot + flowSlot.scaleReply));
  encodeFlags(writer, ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, view.getUint8(slot + flowSlot.flagsOriginal));
  encodeFlags(writer, ct.CTA_PROTOINFO_TCP_FLAGS_REPLY, view.getUint8(slot + flowSlot.flagsReply));
  writer.closeNest(fields);
  writer.closeNest(nest);
}

/**
 * Flags and, equal to them, their mask. The scales count only with the scale flag on both directions. Liberal, because the
 * kernel does not tell where the sequence windows of a connection are. The other flags belong to those windows and stay
 * behind.
 */
function encodeFlags(writer: NetlinkWriter, type: number, flags: number): void {
  const kept = flags & (ct.IP_CT_TCP_FLAG_SACK_PERM | ct.IP_CT_TCP_FLAG_CLOSE_INIT);
  const value = kept | ct.IP_CT_TCP_FLAG_WINDOW_SCALE | ct.IP_CT_TCP_FLAG_BE_LIBERAL;
  writer.attributeBe16(type, (value << 8) | value);
}

/** To the address of the reply at the offset `end` of its tuple, and the port of the same end. */
function encodeTranslation(writer: NetlinkWriter, type: number, slots: Slots, slot: number, end: number): void {
  const { bytes, view } = slots;
  const four = isIpv4(slots, slot);
  const size = four ? 4 : 16;
  const tuple = slot + flowSlot.reply;
  const portAt = end === tupleSlot.source ? tupleSlot.sourcePort : tupleSlot.destinationPort;
  const port = view.getUint16(tuple + portAt);
  const nest = writer.openNest(type);
  writer.attributeFrom(four ? ct.CTA_NAT_V4_MINIP : ct.CTA_NAT_V6_MINIP, bytes, tuple + end, size);
  writer.attributeFrom(four ? ct.CTA_NAT_V4_MAXIP : ct.CTA_NAT_V6_MAXIP, bytes, tuple + end, size);
  const ports = writer.openNest(ct.CTA_NAT_PROTO);
  writer.attributeBe16(ct.CTA_PROTONAT_PORT_MIN, port).attributeBe16(ct.CTA_PROTONAT_PORT_MAX, port);
  writer.closeNest(ports);
  writer.closeNest(nest);
}
