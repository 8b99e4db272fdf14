import { addressBytes, type Family, type IpAddress } from "@vipair/model";
import { internetChecksum } from "../packet/checksum.js";
import { instruction } from "../socket/filter.js";

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
    ? Buffer.concat([load16(20), keepIf(arpReply), keep, drop])
    : Buffer.concat([load8(20), skipUnless(58, 2), load8(54), keepIf(neighbourAdvertisement), keep, drop]);

const load16 = (at: number): Buffer => instruction(0x28, at);
const load8 = (at: number): Buffer => instruction(0x30, at);
/** The next instruction if equal, the one behind it if not. */
const keepIf = (value: number): Buffer => instruction(0x15, value, 0, 1);
const skipUnless = (value: number, count: number): Buffer => instruction(0x15, value, 0, count + 1);
const keep = instruction(0x06, 0xffff_ffff);
const drop = instruction(0x06, 0);

function encodeArpProbe(mac: Buffer, target: Uint8Array): Buffer {
  const header = Buffer.from([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0, 1]);
  return Buffer.concat([broadcast, mac, header, mac, Buffer.alloc(4), Buffer.alloc(6), target]);
}

function encodeSolicitation(mac: Buffer, target: Uint8Array): Buffer {
  // The solicited-node multicast address, and its hardware address (RFC 4291 § 2.7.1, RFC 2464 § 7).
  const group = Buffer.concat([Buffer.from("ff0200000000000000000001ff", "hex"), target.subarray(13)]);
  const message = Buffer.concat([Buffer.from([neighbourSolicitation, 0, 0, 0, 0, 0, 0, 0]), target]);
  const unspecified = Buffer.alloc(16);
  const pseudoHeader = Buffer.concat([unspecified, group, Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58])]);
  message.writeUInt16BE(internetChecksum(Buffer.concat([pseudoHeader, message])), 2);
  const ip = Buffer.from([0x60, 0, 0, 0, 0, message.length, 58, 255]);
  const ethernet = Buffer.concat([Buffer.from("3333", "hex"), group.subarray(12), mac, Buffer.from([0x86, 0xdd])]);
  return Buffer.concat([ethernet, ip, unspecified, group, message]);
}
