import { addressFromBytes, type Flow, type IpAddress, type TcpFlow, type Tuple } from "@vipair/model";
import { decodeAttributes, type NetlinkMessage } from "../netlink/reader.js";
import * as ct from "./attributes.js";

/** Reads one entry of a dump; `undefined` when it is no connection with ports (ICMP). */
export function decodeFlow({ body }: NetlinkMessage): Flow | undefined {
  const attributes = decodeAttributes(body, 4);
  const original = decodeTuple(attributes.get(ct.CTA_TUPLE_ORIG));
  const reply = decodeTuple(attributes.get(ct.CTA_TUPLE_REPLY));
  if (original === undefined || reply === undefined) return undefined;
  return {
    protocol: original.protocol,
    original: original.tuple,
    reply: reply.tuple,
    status: attributes.get(ct.CTA_STATUS)?.readUInt32BE(0) ?? 0,
    timeout: attributes.get(ct.CTA_TIMEOUT)?.readUInt32BE(0) ?? 0,
    mark: attributes.get(ct.CTA_MARK)?.readUInt32BE(0) ?? 0,
    tcp: decodeTcp(attributes.get(ct.CTA_PROTOINFO)),
  };
}

function decodeTuple(bytes: Buffer | undefined): { protocol: number; tuple: Tuple } | undefined {
  if (bytes === undefined) return undefined;
  const parts = decodeAttributes(bytes);
  const addresses = decodeAttributes(parts.get(ct.CTA_TUPLE_IP) ?? Buffer.alloc(0));
  const transport = decodeAttributes(parts.get(ct.CTA_TUPLE_PROTO) ?? Buffer.alloc(0));
  const source = decodeAddress(addresses.get(ct.CTA_IP_V4_SRC) ?? addresses.get(ct.CTA_IP_V6_SRC));
  const destination = decodeAddress(addresses.get(ct.CTA_IP_V4_DST) ?? addresses.get(ct.CTA_IP_V6_DST));
  const sourcePort = transport.get(ct.CTA_PROTO_SRC_PORT)?.readUInt16BE(0);
  const destinationPort = transport.get(ct.CTA_PROTO_DST_PORT)?.readUInt16BE(0);
  if (source === undefined || destination === undefined) return undefined;
  if (sourcePort === undefined || destinationPort === undefined) return undefined;
  const protocol = transport.get(ct.CTA_PROTO_NUM)?.[0] ?? 0;
  return { protocol, tuple: { source, destination, sourcePort, destinationPort } };
}

function decodeTcp(bytes: Buffer | undefined): TcpFlow | undefined {
  const nested = bytes === undefined ? undefined : decodeAttributes(bytes).get(ct.CTA_PROTOINFO_TCP);
  if (nested === undefined) return undefined;
  const attributes = decodeAttributes(nested);
  const octet = (type: number): number => attributes.get(type)?.[0] ?? 0;
  return {
    state: octet(ct.CTA_PROTOINFO_TCP_STATE),
    scaleOriginal: octet(ct.CTA_PROTOINFO_TCP_WSCALE_ORIGINAL),
    scaleReply: octet(ct.CTA_PROTOINFO_TCP_WSCALE_REPLY),
    flagsOriginal: octet(ct.CTA_PROTOINFO_TCP_FLAGS_ORIGINAL),
    flagsReply: octet(ct.CTA_PROTOINFO_TCP_FLAGS_REPLY),
  };
}

function decodeAddress(bytes: Buffer | undefined): IpAddress | undefined {
  if (bytes === undefined) return undefined;
  if (bytes.length === 4) return { family: 4, text: `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` };
  return addressFromBytes(bytes);
}
