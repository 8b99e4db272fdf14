import type { Heartbeat } from "../heartbeat.js";
import type { Authenticator } from "./authenticator.js";
import {
  type FlagName,
  flagBits,
  macLength,
  macOffset,
  offsets,
  type Packet,
  packetLength,
  packetMagic,
  packetVersion,
  roleCodes,
} from "./layout.js";

/** The 96 bytes of a packet. Throws a `RangeError` when a field does not fit: that is a bug of the caller. */
export function encodePacket(packet: Packet, authenticator: Authenticator): Uint8Array {
  const bytes = new Uint8Array(packetLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(offsets.magic, packetMagic);
  view.setUint8(offsets.version, packetVersion);
  writeHeader(view, packet);
  writeHeartbeat(view, packet.heartbeat);
  const mac = authenticator.mac(bytes.subarray(0, macOffset));
  if (mac.length !== macLength) throw new RangeError(`authenticator made ${mac.length} bytes, not ${macLength}`);
  bytes.set(mac, macOffset);
  return bytes;
}

function writeHeader(view: DataView, packet: Packet): void {
  view.setUint8(offsets.routerId, within(packet.routerId, 1, 255, "routerId"));
  view.setUint8(offsets.sender, packet.sender);
  view.setUint8(offsets.path, within(packet.path, 0, 255, "path"));
  view.setBigUint64(offsets.boot, packet.boot);
  view.setBigUint64(offsets.seq, BigInt(within(packet.seq, 0, Number.MAX_SAFE_INTEGER, "seq")));
  view.setBigUint64(offsets.challenge, packet.challenge);
  view.setBigUint64(offsets.response, packet.response);
  view.setBigUint64(offsets.configDigest, packet.configDigest);
}

function writeHeartbeat(view: DataView, heartbeat: Heartbeat): void {
  view.setUint8(offsets.role, roleCodes[heartbeat.role]);
  view.setUint8(offsets.priority, within(heartbeat.priority, 1, 254, "priority"));
  view.setUint16(offsets.flags, flagsOf(heartbeat));
  view.setUint32(offsets.interval, within(heartbeat.interval, 1, 0xffff_ffff, "interval"));
  view.setBigUint64(offsets.term, BigInt(within(heartbeat.term, 0, Number.MAX_SAFE_INTEGER, "term")));
}

function flagsOf(heartbeat: Heartbeat): number {
  let flags = 0;
  for (const name of Object.keys(flagBits) as FlagName[]) if (heartbeat[name]) flags |= flagBits[name];
  return flags;
}

function within(value: number, least: number, most: number, field: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${field} ${value} is not a whole number from ${least} to ${most}`);
}
