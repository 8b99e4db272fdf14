/**
 * What the program and this process share: one direction of a connection as key, and how its packets are translated as
 * value. Addresses and ports stand as in a packet, so that the program copies them and never turns them round; an IPv4
 * address takes the first 4 of its 16 bytes.
 */
import {
  addressBytes,
  addressFromBytes,
  type Endpoint,
  type Family,
  type Flow,
  type IpAddress,
  protocols,
  type Tuple,
} from "@vipair/model";

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
  /** Of a young connection: its client has acknowledged the server's SYN. */
  confirmed: 56,
  clientEnded: 57,
  serverEnded: 58,
  /** What the client has to acknowledge for that, in the byte order of the machine; 0 before the server has answered. */
  expected: 60,
  /** {@link way}; of a young connection the one to its server, and the one back. */
  way: 64,
  wayBack: 96,
  size: 128,
} as const;

/** What the kernel has told of the way, as it stands in `struct bpf_fib_lookup`; nothing while all is 0. */
export const way = {
  interface: 0,
  mtu: 4,
  family: 6,
  /** The address of the neighbour. */
  neighbour: 8,
  /** It is asked again from then on: nanoseconds of CLOCK_BOOTTIME. */
  until: 24,
  size: 32,
} as const;

/** Where packets come from or go to. */
export const endKey = { address: 0, port: 16, family: 18, size: 24 } as const;
/** A service whose connections may begin on the fast path, by its listener. */
export const serviceValue = {
  /** The number of the draw that counts now: see {@link slotKey}. */
  draw: 0,
  slots: 4,
  /** 0: in turns. */
  random: 8,
  turn: 12,
  size: 16,
} as const;

/** A draw is never changed: another one takes its place. */
export const slotKey = { draw: 0, slot: 4, size: 8 } as const;
/** Which server is drawn, and what {@link translation} needs for it: three growths. */
export const target = {
  address: 0,
  port: 16,
  /** Where its connections are counted. */ number: 20,
  growths: 24,
  size: 40,
} as const;
/** The listener that a server belongs to, and the three growths back. */
export const serverValue = { listener: 0, port: 16, growths: 20, size: 32 } as const;

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
  bytes.set(growthsOf(from, to), translation.addressGrowth);
  return bytes;
}

/** By how much the three sums grow. */
function growthsOf(from: Tuple, to: Tuple): Buffer {
  const bytes = Buffer.alloc(12);
  const addresses = growth(addressesOf(from), addressesOf(to));
  bytes.writeUInt32LE(addresses, 0);
  bytes.writeUInt32LE(growth(portsOf(from), portsOf(to)), 4);
  // One hop less in the same word as the protocol: its lower byte, as this machine reads it.
  bytes.writeUInt32LE(fold(addresses + 0xfffe), 8);
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

export function encodeEnd({ address, port }: Endpoint): Buffer {
  const key = Buffer.alloc(endKey.size);
  key.set(addressBytes(address), endKey.address);
  key.writeUInt16BE(port, endKey.port);
  key.writeUInt8(address.family, endKey.family);
  return key;
}

/** How packets to the listener become packets to the server: whose they are makes no difference to the sums. */
export function encodeTarget(listen: Endpoint, server: Endpoint, number: number): Buffer {
  const bytes = Buffer.alloc(target.size);
  bytes.set(addressBytes(server.address), target.address);
  bytes.writeUInt16BE(server.port, target.port);
  bytes.writeUInt32LE(number, target.number);
  bytes.set(growthsOf(between(anybody(listen), listen), between(anybody(listen), server)), target.growths);
  return bytes;
}

/** And back. */
export function encodeServer(listen: Endpoint, server: Endpoint): Buffer {
  const bytes = Buffer.alloc(serverValue.size);
  bytes.set(addressBytes(listen.address), serverValue.listener);
  bytes.writeUInt16BE(listen.port, serverValue.port);
  bytes.set(growthsOf(between(server, anybody(listen)), between(listen, anybody(listen))), serverValue.growths);
  return bytes;
}

/** A client, as good as any. */
const anybody = (listen: Endpoint): Endpoint => ({ ...listen, port: 1 });

const between = (from: Endpoint, to: Endpoint): Tuple => ({
  source: from.address,
  sourcePort: from.port,
  destination: to.address,
  destinationPort: to.port,
});

/** What comes from the client of a young connection, and the server that it goes to. */
export interface YoungConnection {
  readonly key: Buffer;
  readonly original: Tuple;
  /** As the server's packets come. */
  readonly reply: Tuple;
  /** The client has acknowledged the server's SYN. */
  readonly confirmed: boolean;
  /** The server's SYN has been seen. */
  readonly answered: boolean;
  /** One side has ended it, or both. */
  readonly ending: boolean;
  /** Both sides have ended it, or one has broken it off. */
  readonly ended: boolean;
}

export function decodeYoung(key: Buffer, value: Buffer): YoungConnection {
  const [clientEnded, serverEnded] = [value[translation.clientEnded] === 1, value[translation.serverEnded] === 1];
  const forth = Buffer.concat([value.subarray(0, flowKey.protocol), key.subarray(flowKey.protocol)]);
  return {
    key,
    original: decodeKey(key).tuple,
    reply: inverse(decodeKey(forth).tuple),
    confirmed: value[translation.confirmed] === 1,
    answered: value.readUInt32LE(translation.expected) !== 0,
    ending: clientEnded || serverEnded,
    ended: clientEnded && serverEnded,
  };
}

/** The keys of both directions. */
export const keysOf = ({ key, reply }: YoungConnection): readonly Buffer[] => [key, encodeKey(protocols.tcp, reply)];
