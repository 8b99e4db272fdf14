import type { IpAddress } from "@vipair/model";
import { addressBytes } from "@vipair/model";
import { internetChecksum } from "../packet/checksum.js";

const broadcast = Buffer.from("ffffffffffff", "hex");
const allNodes = addressBytes({ family: 6, text: "ff02::1" });
/** 33:33 and the last four bytes of ff02::1 (RFC 2464 § 7). */
const allNodesMac = Buffer.from("333300000001", "hex");

/** A gratuitous ARP frame (RFC 5227 § 3): some hosts learn from the request form, others only from the reply form. */
export function encodeGratuitousArp(mac: Buffer, address: IpAddress, form: "request" | "reply"): Buffer {
  const bytes = addressBytes(address);
  const operation = form === "request" ? 1 : 2;
  const target = form === "request" ? Buffer.alloc(6) : broadcast;
  const header = Buffer.from([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0, operation]);
  return Buffer.concat([broadcast, mac, header, mac, bytes, target, bytes]);
}

/**
 * An unsolicited neighbour advertisement to all nodes. RFC 9568 § 8.2.2: Router and Override set, Solicited not; a host
 * for which the address is a router would forget it otherwise.
 */
export function encodeNeighbourAdvertisement(mac: Buffer, address: IpAddress): Buffer {
  const source = addressBytes(address);
  const message = Buffer.alloc(32);
  message[0] = 136;
  message[4] = 0x80 | 0x20;
  message.set(source, 8);
  // Option: target link-layer address, one unit of 8 bytes.
  message.set([2, 1, ...mac], 24);
  const pseudoHeader = Buffer.concat([source, allNodes, Buffer.from([0, 0, 0, message.length, 0, 0, 0, 58])]);
  message.writeUInt16BE(internetChecksum(Buffer.concat([pseudoHeader, message])), 2);
  const ip = Buffer.alloc(8);
  ip[0] = 0x60;
  ip.writeUInt16BE(message.length, 4);
  ip[6] = 58;
  ip[7] = 255;
  return Buffer.concat([allNodesMac, mac, Buffer.from([0x86, 0xdd]), ip, source, allNodes, message]);
}
