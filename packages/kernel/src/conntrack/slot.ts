/**
 * Connections as bytes: slots of a fixed size, one behind the other. A hundred thousand of them pass between threads
 * without becoming objects. Numbers are in network byte order, as a `DataView` reads them by default.
 *
 *     0 kind   1 –   4 originator u32   8 –   16 … 127 the record of the connection (see `recordFields`), zeros behind it
 */
import { encodeRecord, type Flow, readRecord, recordKey } from "@vipair/model";

/** Offsets of a slot's fields; see above. */
export const flowSlot = {
  size: 128,
  /** {@link slotKind} */
  kind: 0,
  /** Netlink port id of the socket that caused the event; 0 is traffic or time. */
  originator: 4,
  record: 16,
} as const;

/** `entry` is one of a dump, the others are events. */
export type SlotKind = "entry" | "new" | "update" | "destroy";

/** The byte of each kind. */
export const slotKinds = { entry: 0, new: 1, update: 2, destroy: 3 } as const satisfies Record<SlotKind, number>;
const kinds: readonly SlotKind[] = ["entry", "new", "update", "destroy"];

/** What the slot at this offset says of the connection. */
export const slotKind = (view: DataView, offset: number): SlotKind =>
  kinds[view.getUint8(offset + flowSlot.kind)] ?? "entry";

/** The key of the connection in the slot at this offset: equal keys, equal connections. */
export const slotKey = (view: DataView, offset: number): string => recordKey(view, offset + flowSlot.record);

/** The connection in the slot at this offset. Without the TCP state when the kernel did not tell it. */
export const readFlow = (view: DataView, offset: number): Flow => readRecord(view, offset + flowSlot.record);

/** Fills the slot at this offset, which is all zeros before, as an `entry`. */
export function writeFlow(view: DataView, offset: number, flow: Flow): void {
  encodeRecord(view, offset + flowSlot.record, flow);
}
