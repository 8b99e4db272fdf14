/**
 * A flow as ctnetlink wants to be told of it. The kernel takes the reply tuple as it would be without translation, and
 * works the real one out from the translations itself; told the translated tuple, it says yes and translates nothing.
 */
import { addressBytes, type Flow, type IpAddress, type TcpFlow, type Tuple } from "@vipair/model";
import { AF_INET, AF_INET6 } from "../libc/libc.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import * as ct from "./attributes.js";

/** Everything behind the netlink header for the creation of the flow. */
export function encodeFlow(writer: NetlinkWriter, flow: Flow): void {
  encodeKey(writer, flow);
  encodeTuple(writer, ct.CTA_TUPLE_REPLY, flow.protocol, inverse(flow.original));
  // Unconfirmed is EBUSY; the bits of translation are the kernel's own.
  const status = (flow.status & (ct.IPS_SEEN_REPLY | ct.IPS_ASSURED)) | ct.IPS_CONFIRMED;
  writer.attributeBe32(ct.CTA_STATUS, status);
  if (flow.tcp !== undefined) encodeTcp(writer, flow.tcp);
  // With a timeout of 0 it would be born expired.
  writer.attributeBe32(ct.CTA_TIMEOUT, Math.max(1, flow.timeout)).attributeBe32(ct.CTA_MARK, flow.mark);
  const { source, sourcePort, destination, destinationPort } = flow.reply;
  if ((flow.status & ct.IPS_DST_NAT) !== 0) encodeTranslation(writer, ct.CTA_NAT_DST, source, sourcePort);
  if ((flow.status & ct.IPS_SRC_NAT) !== 0) encodeTranslation(writer, ct.CTA_NAT_SRC, destination, destinationPort);
}

/** The family and the original tuple: enough to find the flow. */
export function encodeKey(writer: NetlinkWriter, { protocol, original }: Flow): void {
  writer
    .u8(original.source.family === 4 ? AF_INET : AF_INET6)
    .u8(0)
    .be16(0);
  encodeTuple(writer, ct.CTA_TUPLE_ORIG, protocol, original);
}

const inverse = ({ source, sourcePort, destination, destinationPort }: Tuple): Tuple => ({
  source: destination,
  destination: source,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
});

function encodeTuple(writer: NetlinkWriter, type: number, protocol: number, tuple: Tuple): void {
  const four = tuple.source.family === 4;
  writer.nest(type, () => {
    writer.nest(ct.CTA_TUPLE_IP, () => {
      writer.attribute(four ? ct.CTA_IP_V4_SRC : ct.CTA_IP_V6_SRC, addressOctets(tuple.source));
      writer.attribute(four ? ct.CTA_IP_V4_DST : ct.CTA_IP_V6_DST, addressOctets(tuple.destination));
    });
    writer.nest(ct.CTA_TUPLE_PROTO, () => {
      writer.attributeU8(ct.CTA_PROTO_NUM, protocol);
      writer.attributeBe16(ct.CTA_PROTO_SRC_PORT, tuple.sourcePort);
      writer.attributeBe16(ct.CTA_PROTO_DST_PORT, tuple.destinationPort);
    });
  });
}

function encodeTcp(writer: NetlinkWriter, tcp: TcpFlow): void {
  writer.nest(ct.CTA_PROTOINFO, () => {
    writer.nest(ct.CTA_PROTOINFO_TCP, () => {
      writer.attributeU8(ct.CTA_PROTOINFO_TCP_STATE, tcp.state);
      writer.attributeU8(ct.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, tcp.scaleOriginal);
      writer.attributeU8(ct.CTA_PROTOINFO_TCP_WSCALE_REPLY, tcp.scaleReply);
      writer.attribute(ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, flagsWithMask(tcp.flagsOriginal));
      writer.attribute(ct.CTA_PROTOINFO_TCP_FLAGS_REPLY, flagsWithMask(tcp.flagsReply));
    });
  });
}

/**
 * The scales count only with the scale flag on both directions. Liberal, because the kernel does not tell where the
 * sequence windows of a connection are. The other flags belong to those windows and stay behind.
 */
function flagsWithMask(flags: number): Uint8Array {
  const kept = flags & (ct.IP_CT_TCP_FLAG_SACK_PERM | ct.IP_CT_TCP_FLAG_CLOSE_INIT);
  const value = kept | ct.IP_CT_TCP_FLAG_WINDOW_SCALE | ct.IP_CT_TCP_FLAG_BE_LIBERAL;
  return Uint8Array.of(value, value);
}

function encodeTranslation(writer: NetlinkWriter, type: number, address: IpAddress, port: number): void {
  const bytes = addressOctets(address);
  const four = address.family === 4;
  writer.nest(type, () => {
    writer.attribute(four ? ct.CTA_NAT_V4_MINIP : ct.CTA_NAT_V6_MINIP, bytes);
    writer.attribute(four ? ct.CTA_NAT_V4_MAXIP : ct.CTA_NAT_V6_MAXIP, bytes);
    writer.nest(ct.CTA_NAT_PROTO, () => {
      writer.attributeBe16(ct.CTA_PROTONAT_PORT_MIN, port).attributeBe16(ct.CTA_PROTONAT_PORT_MAX, port);
    });
  });
}

/** Like `addressBytes`, with a shorter way for IPv4: there may be a hundred thousand flows. */
function addressOctets({ family, text }: IpAddress): Uint8Array {
  if (family === 6) return addressBytes({ family, text });
  const octets = new Uint8Array(4);
  let part = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    // The full stop is below the digits.
    if (digit < 0) part++;
    else octets[part] = (octets[part] ?? 0) * 10 + digit;
  }
  return octets;
}
