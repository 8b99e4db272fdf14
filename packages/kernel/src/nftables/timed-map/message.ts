import type { NetlinkMessage } from "../../netlink/reader.js";
import type { NetlinkWriter } from "../../netlink/writer.js";
import { familyNumber, type TableName } from "../table.js";
import { elementSlot } from "./slot.js";

/** A map with `flags timeout` from an address to a number of 32 bits, which `nft` calls a mark. */
export interface TimedMap {
  readonly table: TableName;
  readonly map: string;
  /** Length of the key in bytes. */
  readonly keyLength: 4 | 16;
}

const NFTA_SET_ELEM_LIST_TABLE = 1;
const NFTA_SET_ELEM_LIST_SET = 2;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_LIST_ELEM = 1;
const NFTA_SET_ELEM_KEY = 1;
const NFTA_SET_ELEM_DATA = 2;
const NFTA_SET_ELEM_TIMEOUT = 4;
const NFTA_SET_ELEM_EXPIRATION = 5;
const NFTA_DATA_VALUE = 1;
/** `struct nfgenmsg`. */
const familyHeader = 4;
/** Without `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`. */
const typeMask = 0x3fff;

/** The body of a message about a map: elements with their value and time, or their keys alone. */
export function encodeElements(
  writer: NetlinkWriter,
  { table: { family, table }, map, keyLength }: TimedMap,
  slots: Uint8Array,
  offsets: readonly number[],
  what: "elements" | "keys",
): void {
  writer.u8(familyNumber[family]).u8(0).be16(0);
  writer.attributeString(NFTA_SET_ELEM_LIST_TABLE, table).attributeString(NFTA_SET_ELEM_LIST_SET, map);
  if (offsets.length === 0) return;
  const view = new DataView(slots.buffer, slots.byteOffset, slots.byteLength);
  const list = writer.openNest(NFTA_SET_ELEM_LIST_ELEMENTS);
  for (const slot of offsets) {
    const element = writer.openNest(NFTA_LIST_ELEM);
    const key = writer.openNest(NFTA_SET_ELEM_KEY);
    const from = slot + elementSlot.key;
    writer.attribute(NFTA_DATA_VALUE, slots.subarray(from, from + keyLength)).closeNest(key);
    if (what === "elements") encodeValue(writer, view, slot);
    writer.closeNest(element);
  }
  writer.closeNest(list);
}

function encodeValue(writer: NetlinkWriter, view: DataView, slot: number): void {
  const data = writer.openNest(NFTA_SET_ELEM_DATA);
  // A mark is in the byte order of the machine.
  writer.attributeU32(NFTA_DATA_VALUE, view.getUint32(slot + elementSlot.value)).closeNest(data);
  writer.attributeBe64(NFTA_SET_ELEM_TIMEOUT, view.getUint32(slot + elementSlot.expires));
}

/** Calls `slotFor` for each element of the message, and fills the slot that it names, all zeros before. */
export function decodeElements({ body }: NetlinkMessage, slots: DataView, slotFor: () => number): void {
  const bytes = new DataView(body.buffer, body.byteOffset, body.length);
  eachAttribute(bytes, familyHeader, bytes.byteLength, (type, from, to) => {
    if (type !== NFTA_SET_ELEM_LIST_ELEMENTS) return;
    eachAttribute(bytes, from, to, (_type, start, end) => decodeElement(bytes, start, end, slots, slotFor()));
  });
}

function decodeElement(bytes: DataView, start: number, end: number, slots: DataView, slot: number): void {
  eachAttribute(bytes, start, end, (type, from, to) => {
    // Key and value lie one level deeper, as NFTA_DATA_VALUE.
    if (type === NFTA_SET_ELEM_KEY) {
      for (let part = 0; part < Math.min(to - from - 4, 16); part += 4) {
        slots.setUint32(slot + elementSlot.key + part, bytes.getUint32(from + 4 + part));
      }
    } else if (type === NFTA_SET_ELEM_DATA && to - from >= 8) {
      slots.setUint32(slot + elementSlot.value, bytes.getUint32(from + 4, true));
    } else if (type === NFTA_SET_ELEM_EXPIRATION && to - from >= 8) {
      slots.setUint32(slot + elementSlot.expires, bytes.getUint32(from) > 0 ? 0xffff_ffff : bytes.getUint32(from + 4));
    }
  });
}

function eachAttribute(
  bytes: DataView,
  start: number,
  end: number,
  take: (type: number, from: number, to: number) => void,
): void {
  for (let at = start; at + 4 <= end; ) {
    const length = bytes.getUint16(at, true);
    if (length < 4 || at + length > end) return;
    take(bytes.getUint16(at + 2, true) & typeMask, at + 4, at + length);
    at += (length + 3) & ~3;
  }
}
