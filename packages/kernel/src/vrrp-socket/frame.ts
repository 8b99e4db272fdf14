import { addressBytes, type IpAddress } from "@vipair/model";
import { internetChecksum } from "../packet/checksum.js";
import { hops, trafficClass } from "./options.js";

export const protocolVrrp = 112;

/** A VRRP packet to a multicast group, from this link-layer address: the Ethernet frame that is sent. */
export function encodeVrrpFrame(mac: Buffer, source: IpAddress, group: IpAddress, payload: Uint8Array): Buffer {
  const [from, to] = [addressBytes(source), addressBytes(group)];
  return source.family === 4
    ? Buffer.concat([groupMac4(to), mac, Buffer.from([0x08, 0x00]), header4(from, to, payload.length), payload])
    : Buffer.concat([groupMac6(to), mac, Buffer.from([0x86, 0xdd]), header6(from, to, payload.length), payload]);
}

/** RFC 1112 § 6.4: 01-00-5E and the last 23 bits of the group. */
const groupMac4 = (group: Uint8Array): Buffer =>
  Buffer.from([0x01, 0x00, 0x5e, (group[1] ?? 0) & 0x7f, group[2] ?? 0, group[3] ?? 0]);

/** RFC 2464 § 7: 33-33 and the last 32 bits of the group. */
const groupMac6 = (group: Uint8Array): Buffer => Buffer.from([0x33, 0x33, ...group.subarray(12)]);

function header4(source: Uint8Array, group: Uint8Array, length: number): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header[1] = trafficClass;
  header.writeUInt16BE(20 + length, 2);
  header[8] = hops;
  header[9] = protocolVrrp;
  header.set(source, 12);
  header.set(group, 16);
  header.writeUInt16BE(internetChecksum(header), 10);
  return header;
}

function header6(source: Uint8Array, group: Uint8Array, length: number): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60 | (trafficClass >> 4);
  header[1] = (trafficClass << 4) & 0xff;
  header.writeUInt16BE(length, 4);
  header[6] = protocolVrrp;
  header[7] = hops;
  header.set(source, 8);
  header.set(group, 24);
  return header;
}
