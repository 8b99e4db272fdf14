import { addressBytes, type Family, type IpAddress } from "@vipair/model";
import { internetChecksum } from "../packet/checksum.js";
import { drop, keep, load8, load16, skipUnless } from "../socket/filter.js";

const unspecified = Buffer.alloc(16);
const broadcast = Buffer.from("ffffffffffff", "hex");
const neighbourSolicitation = 135;
const neighbourAdvertisement = 136;
const arpReply = 2;

export const etherType = (family: Family): number => (family === 4 ? 0x0806 : 0x86dd);

/** The frame that asks who has the address, and says of the asker nothing but its hardware address. */
export const encodeQuestion = (mac: Buffer, address: IpAddress): Buffer =>
  address.family === 4 ? encodeArpProbe(mac, addressBytes(address)) : encodeSolicitation(mac, addressBytes(address));

/** Whether the frame is an answer by the one who has the address. */
export function answersFor(frame: Buffer, wanted: Uint8Array): boolean {
  if (wanted.length === 4) {
    return frame.length >= 42 && frame.readUInt16BE(20) === arpReply && frame.subarray(28, 32).equals(wanted);
  }
  return frame.length >= 78 && frame[54] === neighbourAdvertisement && frame.subarray(62, 78).equals(wanted);
}

/** Classic BPF: ARP replies, or neighbour advertisements, whatever else passes the interface. */
export const questionFilter = (family: Family): Uint8Array =>
  family === 4
    ? Buffer.concat([load16(20), skipUnless(arpReply, 1), keep, drop])
    : Buffer.concat([load8(20), skipUnless(58, 3), load8(54), skipUnless(neighbourAdvertisement, 1), keep, drop]);

/** The same in the name of an address: whoever has the other one answers to this host, and learns where the address is. */
export const encodeInquiry = (mac: Buffer, as: IpAddress, neighbour: IpAddress): Buffer =>
  neighbour.family === 4
    ? encodeArpRequest(mac, addressBytes(as), addressBytes(neighbour))
    : encodeSolicitation(mac, addressBytes(neighbour), addressBytes(as));

const encodeArpProbe = (mac: Buffer, target: Uint8Array): Buffer => encodeArpRequest(mac, Buffer.alloc(4), target);

function encodeArpRequest(mac: Buffer, sender: Uint8Array, target: Uint8Array): Buffer {
  const header = Buffer.from([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0, 1]);
  return Buffer.concat([broadcast, mac, header, mac, sender, Buffer.alloc(6), target]);
}

function encodeSolicitation(mac: Buffer, target: Uint8Array, source: Uint8Array = unspecified): Buffer {
  // The solicited-node multicast address, and its hardware address (RFC 4291 § 2.7.1, RFC 2464 § 7).
  const group = Buffer.concat([Buffer.from("ff0200000000000000000001ff", "hex"), target.subarray(13)]);
  // RFC 4861 § 4.3: the source link-layer address option must not be there when the source is unspecified.
  const option = source === unspecified ? [] : [Buffer.from([1, 1]), mac];
  const head = Buffer.from([neighbourSolicitation, 0, 0, 0, 0, 0, 0, 0]);
  const message = Buffer.concat([head, target, ...option]);
  const pseudoHeader = Buffer.concat([source, group, Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58])]);
  message.writeUInt16BE(internetChecksum(Buffer.concat([pseudoHeader, message])), 2);
  const ip = Buffer.from([0x60, 0, 0, 0, 0, message.length, 58, 255]);
  const ethernet = Buffer.concat([Buffer.from("3333", "hex"), group.subarray(12), mac, Buffer.from([0x86, 0xdd])]);
  return Buffer.concat([ethernet, ip, source, group, message]);
}
