/**
 * Connections as bytes: slots of a fixed size, one behind the other. A hundred thousand of them pass between threads and
 * into the kernel without becoming objects. Numbers are in network byte order, as a `DataView` reads them by default.
 *
 *     0 kind   1 known   2 tcpState   3 scaleOriginal   4 scaleReply   5 flagsOriginal   6 flagsReply   7 –
 *     8 status u32       12 timeout u32     16 mark u32       20 id u32      24 originator u32     28 –
 *     30 family  31 protocol  32 original source 16  48 destination 16  64 source port  66 destination port
 *                             68 reply source 16     84 destination 16  100 source port 102 destination port
 *     104 … 127 zero
 *
 * Bytes 30 to 67 are the key of a connection: equal keys, equal connections. IPv4 addresses have 12 zeros behind them.
 */
import { addressBytes, addressFromBytes, type Flow, type IpAddress, type TcpFlow, type Tuple } from "@vipair/model";

/** Offsets of a slot's fields; see above. */
export const flowSlot = {
  size: 128,
  /** {@link slotKind} */
  kind: 0,
  /** Bit 0: the kernel told the state of the TCP connection; events that do not concern it leave it out. */
  known: 1,
  tcpState: 2,
  scaleOriginal: 3,
  scaleReply: 4,
  flagsOriginal: 5,
  flagsReply: 6,
  status: 8,
  /** Seconds; 0 in a destroy. */
  timeout: 12,
  mark: 16,
  /** `CTA_ID`: tells two connections apart that had the same key one after the other. */
  id: 20,
  /** Netlink port id of the socket that caused the event; 0 is traffic or time. */
  originator: 24,
  key: 30,
  keyEnd: 68,
  /** 4 or 6. */
  family: 30,
  protocol: 31,
  /** The tuples' fields are at {@link tupleSlot} from here. */
  original: 32,
  reply: 68,
} as const;

/** Offsets within a tuple of a slot. */
export const tupleSlot = { source: 0, destination: 16, sourcePort: 32, destinationPort: 34 } as const;

/** `entry` is one of a dump, the others are events. */
export type SlotKind = "entry" | "new" | "update" | "destroy";

/** The byte of each kind. */
export const slotKinds = { entry: 0, new: 1, update: 2, destroy: 3 } as const satisfies Record<SlotKind, number>;
const kinds: readonly SlotKind[] = ["entry", "new", "update", "destroy"];

export const knowsTcp = 1;

/** What the slot at this offset says of the connection. */
export const slotKind = (view: DataView, offset: number): SlotKind =>
  kinds[view.getUint8(offset + flowSlot.kind)] ?? "entry";

/** The key of the connection in the slot at this offset, one character for each byte: equal keys, equal connections. */
export const slotKey = (bytes: Buffer, offset: number): string =>
  bytes.toString("latin1", offset + flowSlot.key, offset + flowSlot.keyEnd);

/** The connection in the slot at this offset. Without the TCP state when the kernel did not tell it. */
export function readFlow(view: DataView, offset: number): Flow {
  return {
    protocol: view.getUint8(offset + flowSlot.protocol),
    original: readTuple(view, offset, flowSlot.original),
    reply: readTuple(view, offset, flowSlot.reply),
    status: view.getUint32(offset + flowSlot.status),
    timeout: view.getUint32(offset + flowSlot.timeout),
    mark: view.getUint32(offset + flowSlot.mark),
    tcp: (view.getUint8(offset + flowSlot.known) & knowsTcp) === 0 ? undefined : readTcp(view, offset),
  };
}

/** Fills the slot at this offset, which is all zeros before, as an `entry`. */
export function writeFlow(view: DataView, offset: number, flow: Flow): void {
  writeKey(view, offset, flow);
  writeTuple(view, offset + flowSlot.reply, flow.reply);
  view.setUint32(offset + flowSlot.status, flow.status);
  view.setUint32(offset + flowSlot.timeout, flow.timeout);
  view.setUint32(offset + flowSlot.mark, flow.mark);
  if (flow.tcp !== undefined) writeTcp(view, offset, flow.tcp);
}

/** What a connection is found by. */
export type FlowKey = Pick<Flow, "protocol" | "original">;

/** Fills bytes 30 to 67 of the slot, which are all zeros before. */
export function writeKey(view: DataView, offset: number, { protocol, original }: FlowKey): void {
  view.setUint8(offset + flowSlot.family, original.source.family);
  view.setUint8(offset + flowSlot.protocol, protocol);
  writeTuple(view, offset + flowSlot.original, original);
}

function readTuple(view: DataView, slot: number, tuple: number): Tuple {
  const family = view.getUint8(slot + flowSlot.family);
  const at = slot + tuple;
  return {
    source: readAddress(view, at + tupleSlot.source, family),
    destination: readAddress(view, at + tupleSlot.destination, family),
    sourcePort: view.getUint16(at + tupleSlot.sourcePort),
    destinationPort: view.getUint16(at + tupleSlot.destinationPort),
  };
}

function writeTuple(view: DataView, at: number, tuple: Tuple): void {
  writeAddress(view, at + tupleSlot.source, tuple.source);
  writeAddress(view, at + tupleSlot.destination, tuple.destination);
  view.setUint16(at + tupleSlot.sourcePort, tuple.sourcePort);
  view.setUint16(at + tupleSlot.destinationPort, tuple.destinationPort);
}

function readAddress(view: DataView, at: number, family: number): IpAddress {
  if (family === 6) return addressFromBytes(new Uint8Array(view.buffer, view.byteOffset + at, 16));
  const octet = (index: number) => view.getUint8(at + index);
  return { family: 4, text: `${octet(0)}.${octet(1)}.${octet(2)}.${octet(3)}` };
}

/** With a shorter way for IPv4: there may be a hundred thousand. */
function writeAddress(view: DataView, at: number, address: IpAddress): void {
  if (address.family === 6) {
    return new Uint8Array(view.buffer, view.byteOffset + at, 16).set(addressBytes(address));
  }
  let octet = 0;
  let to = at;
  for (let index = 0; index < address.text.length; index++) {
    const digit = address.text.charCodeAt(index) - 48;
    // The full stop is below the digits.
    if (digit >= 0) octet = octet * 10 + digit;
    else {
      view.setUint8(to++, octet);
      octet = 0;
    }
  }
  view.setUint8(to, octet);
}

const readTcp = (view: DataView, offset: number): TcpFlow => ({
  state: view.getUint8(offset + flowSlot.tcpState),
  scaleOriginal: view.getUint8(offset + flowSlot.scaleOriginal),
  scaleReply: view.getUint8(offset + flowSlot.scaleReply),
  flagsOriginal: view.getUint8(offset + flowSlot.flagsOriginal),
  flagsReply: view.getUint8(offset + flowSlot.flagsReply),
});

function writeTcp(view: DataView, offset: number, tcp: TcpFlow): void {
  view.setUint8(offset + flowSlot.known, knowsTcp);
  view.setUint8(offset + flowSlot.tcpState, tcp.state);
  view.setUint8(offset + flowSlot.scaleOriginal, tcp.scaleOriginal);
  view.setUint8(offset + flowSlot.scaleReply, tcp.scaleReply);
  view.setUint8(offset + flowSlot.flagsOriginal, tcp.flagsOriginal);
  view.setUint8(offset + flowSlot.flagsReply, tcp.flagsReply);
}
