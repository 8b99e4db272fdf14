import type { Reach } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import type { Authenticator } from "./authenticator.js";
import {
  extendedLength,
  type FlagName,
  flagBits,
  macLength,
  offsets,
  type Packet,
  packetLength,
  packetMagic,
  packetVersion,
  roleCodes,
} from "./layout.js";

/**
 * The bytes of a packet: extended when its heartbeat says what the sender reaches. Throws a `RangeError` when a field does
 * not fit: that is a bug of the caller.
 */
export function encodePacket(packet: Packet, authenticator: Authenticator): Uint8Array {
  const { reach } = packet.heartbeat;
  const bytes = new Uint8Array(reach === undefined ? packetLength : extendedLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(offsets.magic, packetMagic);
  view.setUint8(offsets.version, packetVersion);
  writeHeader(view, packet);
  writeHeartbeat(view, packet.heartbeat);
  if (reach !== undefined) writeExtension(view, reach, packet.hears ?? 0);
  const macOffset = bytes.length - macLength;
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

function writeExtension(view: DataView, reach: Reach, hears: number): void {
  view.setUint8(offsets.carriersLost, within(reach.carriersLost, 0, 255, "carriersLost"));
  view.setUint8(offsets.gatewaysLost, within(reach.gatewaysLost, 0, 255, "gatewaysLost"));
  view.setUint16(offsets.serversUp, within(reach.serversUp, 0, 1_000, "serversUp"));
  view.setUint32(offsets.hears, within(hears, 0, 0xffff_ffff, "hears"));
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
