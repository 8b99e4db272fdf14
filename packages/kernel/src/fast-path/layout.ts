/**
 * What the program and this process share: one direction of a connection as key, and how its packets are translated as
 * value. Addresses and ports stand as in a packet, so that the program copies them and never turns them round; an IPv4
 * address takes the first 4 of its 16 bytes.
 */
import { addressBytes, addressFromBytes, type Family, type Flow, type IpAddress, type Tuple } from "@vipair/model";

export const flowKey = {
  source: 0,
  destination: 16,
  /** Of the source, then of the destination: 4 bytes. */
  ports: 32,
  /** IANA protocol number. */
  protocol: 36,
  /** 4 or 6. */
  family: 37,
  size: 40,
} as const;

export const translation = {
  source: 0,
  destination: 16,
  ports: 32,
  /** By how much the sums of the transport's pseudo header, of its ports and of the IPv4 header grow: RFC 1624. */
  addressGrowth: 36,
  portGrowth: 40,
  headerGrowth: 44,
  /** When the last packet passed: nanoseconds of CLOCK_BOOTTIME. */
  seen: 48,
  size: 56,
} as const;

/** One direction of a connection. */
export interface Passage {
  readonly key: Buffer;
  readonly translation: Buffer;
}

/** The packets that come as `from`, and shall leave as the answers to `to` come back. */
export function passage(flow: Flow, direction: "original" | "reply"): Passage {
  const [from, to] = direction === "original" ? [flow.original, flow.reply] : [flow.reply, flow.original];
  return { key: encodeKey(flow.protocol, from), translation: encodeTranslation(from, inverse(to)) };
}

const inverse = ({ source, destination, sourcePort, destinationPort }: Tuple): Tuple => ({
  source: destination,
  destination: source,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
});

function encodeKey(protocol: number, tuple: Tuple): Buffer {
  const key = Buffer.alloc(flowKey.size);
  writeEnds(key, tuple);
  key.writeUInt8(protocol, flowKey.protocol);
  key.writeUInt8(tuple.source.family, flowKey.family);
  return key;
}

function encodeTranslation(from: Tuple, to: Tuple): Buffer {
  const bytes = Buffer.alloc(translation.size);
  writeEnds(bytes, to);
  const addresses = growth(addressesOf(from), addressesOf(to));
  bytes.writeUInt32LE(addresses, translation.addressGrowth);
  bytes.writeUInt32LE(growth(portsOf(from), portsOf(to)), translation.portGrowth);
  // One hop less in the same word as the protocol: its lower byte, as this machine reads it.
  bytes.writeUInt32LE(fold(addresses + 0xfffe), translation.headerGrowth);
  return bytes;
}

function writeEnds(bytes: Buffer, tuple: Tuple): void {
  bytes.set(addressBytes(tuple.source), flowKey.source);
  bytes.set(addressBytes(tuple.destination), flowKey.destination);
  bytes.set(portsOf(tuple), flowKey.ports);
}

const addressesOf = ({ source, destination }: Tuple): Buffer =>
  Buffer.concat([addressBytes(source), addressBytes(destination)]);

function portsOf({ sourcePort, destinationPort }: Tuple): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(sourcePort, 0);
  bytes.writeUInt16BE(destinationPort, 2);
  return bytes;
}

/** By how much the ones' complement sum of 16-bit words grows, in the byte order of the machine. */
function growth(from: Buffer, to: Buffer): number {
  let sum = 0;
  for (let at = 0; at < from.length; at += 2) sum += to.readUInt16LE(at) + (~from.readUInt16LE(at) & 0xffff);
  return fold(sum);
}

function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** One direction of a connection, as the program found it in a packet. */
export interface BusyFlow {
  readonly protocol: number;
  readonly tuple: Tuple;
  readonly key: Buffer;
}

export function decodeKey(key: Buffer): BusyFlow {
  const family: Family = key[flowKey.family] === 4 ? 4 : 6;
  const address = (at: number): IpAddress => addressFromBytes(key.subarray(at, at + (family === 4 ? 4 : 16)));
  return {
    key,
    protocol: key.readUInt8(flowKey.protocol),
    tuple: {
      source: address(flowKey.source),
      destination: address(flowKey.destination),
      sourcePort: key.readUInt16BE(flowKey.ports),
      destinationPort: key.readUInt16BE(flowKey.ports + 2),
    },
  };
}
