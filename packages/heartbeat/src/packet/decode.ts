import { millisOf, type Reach } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { type Authenticator, equalInConstantTime } from "./authenticator.js";
import {
  extendedLength,
  flagBits,
  longestPacket,
  macLength,
  offsets,
  type Packet,
  type PacketHeader,
  packetLength,
  packetMagic,
  packetVersion,
  roleCodes,
} from "./layout.js";

/** Why bytes are not a packet of this pair. */
export type DecodeError =
  | "tooShort"
  | "tooLong"
  | "wrongMagic"
  | "wrongVersion"
  | "wrongRouterId"
  | "wrongMac"
  | "wrongField";

export type DecodeResult =
  | { readonly ok: true; readonly packet: Packet }
  | { readonly ok: false; readonly error: DecodeError };

/**
 * Reads a packet of the pair with this `routerId`. Never throws, whatever the bytes. Nothing but magic, version and
 * router id is looked at before the MAC has proved who wrote it.
 */
export function decodePacket(bytes: Uint8Array, routerId: number, authenticator: Authenticator): DecodeResult {
  const error = foreign(bytes, routerId) ?? forged(bytes, authenticator);
  if (error !== undefined) return { ok: false, error };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const said = readHeartbeat(view);
  const header = readHeader(view);
  const extension = bytes.length < extendedLength ? silent : readExtension(view);
  if (said === undefined || header === undefined || extension === undefined) return { ok: false, error: "wrongField" };
  const { hears, reach } = extension;
  return { ok: true, packet: { ...header, hears, heartbeat: { ...said, reach } } };
}

function foreign(bytes: Uint8Array, routerId: number): DecodeError | undefined {
  if (bytes.length < packetLength) return "tooShort";
  if (bytes.length > longestPacket) return "tooLong";
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(offsets.magic) !== packetMagic) return "wrongMagic";
  if (view.getUint8(offsets.version) !== packetVersion) return "wrongVersion";
  return view.getUint8(offsets.routerId) === routerId ? undefined : "wrongRouterId";
}

function forged(bytes: Uint8Array, authenticator: Authenticator): DecodeError | undefined {
  const macOffset = bytes.length - macLength;
  const expected = authenticator.mac(bytes.subarray(0, macOffset));
  return equalInConstantTime(bytes.subarray(macOffset), expected) ? undefined : "wrongMac";
}

function readHeader(view: DataView): PacketHeader | undefined {
  const sender = view.getUint8(offsets.sender);
  const seq = readCount(view, offsets.seq);
  if ((sender !== 0 && sender !== 1) || seq === undefined) return undefined;
  return {
    routerId: view.getUint8(offsets.routerId),
    sender,
    path: view.getUint8(offsets.path),
    boot: view.getBigUint64(offsets.boot),
    seq,
    challenge: view.getBigUint64(offsets.challenge),
    response: view.getBigUint64(offsets.response),
    configDigest: view.getBigUint64(offsets.configDigest),
  };
}

function readHeartbeat(view: DataView): Omit<Heartbeat, "reach"> | undefined {
  const role = readRole(view.getUint8(offsets.role));
  const priority = view.getUint8(offsets.priority);
  const interval = view.getUint32(offsets.interval);
  const term = readCount(view, offsets.term);
  const flags = readFlags(view.getUint16(offsets.flags));
  if (role === undefined || term === undefined || flags === undefined) return undefined;
  if (priority < 1 || priority > 254 || interval === 0) return undefined;
  return { role, priority, term, interval: millisOf(interval), ...flags };
}

interface Extension {
  readonly reach: Reach | undefined;
  readonly hears: number | undefined;
}

/** What a packet without an extension says. */
const silent: Extension = { reach: undefined, hears: undefined };

function readExtension(view: DataView): Extension | undefined {
  const serversUp = view.getUint16(offsets.serversUp);
  if (serversUp > 1_000) return undefined;
  const carriersLost = view.getUint8(offsets.carriersLost);
  const gatewaysLost = view.getUint8(offsets.gatewaysLost);
  return { reach: { carriersLost, gatewaysLost, serversUp }, hears: view.getUint32(offsets.hears) };
}

function readRole(code: number): Heartbeat["role"] | undefined {
  if (code === roleCodes.backup) return "backup";
  return code === roleCodes.active ? "active" : undefined;
}

function readFlags(bits: number) {
  if (bits > 0x7f) return undefined;
  return {
    resigning: (bits & flagBits.resigning) !== 0,
    planned: (bits & flagBits.planned) !== 0,
    eligible: (bits & flagBits.eligible) !== 0,
    ready: (bits & flagBits.ready) !== 0,
    maintenance: (bits & flagBits.maintenance) !== 0,
    hearing: (bits & flagBits.hearing) !== 0,
    claiming: (bits & flagBits.claiming) !== 0,
  };
}

/** A count that a number holds exactly; none of ours ever grows beyond that. */
function readCount(view: DataView, offset: number): number | undefined {
  const value = view.getBigUint64(offset);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}
