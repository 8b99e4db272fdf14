import { flowSlot, slotKind } from "@vipair/kernel";
import { flowStatus, protocols, recordFields, recordFlags } from "@vipair/model";
import type { TakeRecord } from "./store.js";

/**
 * What the kernel tells of connections, as records of the replication. Only assured ones are worth it: TCP that is
 * established, UDP that goes both ways for a while. A flood of SYNs stays where it is.
 */
export function readRecords(slots: ArrayBuffer, take: TakeRecord): void {
  const view = new DataView(slots);
  for (let slot = 0; slot < view.byteLength; slot += flowSlot.size) {
    const kind = slotKind(view, slot);
    const record = slot + flowSlot.record;
    const byHand = view.getUint32(slot + flowSlot.originator) !== 0;
    if (kind === "destroy" || isAssured(view, record)) take(kind, view, record, byHand);
  }
}

/**
 * Whether the connection of the record is replicated. An event that says nothing of TCP's state is followed by one that
 * does, or by the next dump.
 */
export const isAssured = (view: DataView, record: number): boolean =>
  (view.getUint32(record + recordFields.status) & flowStatus.assured) !== 0 &&
  (view.getUint8(record + recordFields.protocol) !== protocols.tcp ||
    (view.getUint8(record + recordFields.flags) & recordFlags.tcp) !== 0);
