import {
  type Flow,
  flowMark,
  flowMarkMask,
  readRecord,
  recordFields,
  recordFlags,
  recordLength,
  recordLength4,
  recordLength6,
} from "@vipair/model";

/** Reads a record; `undefined` when there is none of one of our services. Never throws, whatever the bytes. */
export const decodeRecord = (view: DataView, offset: number): Flow | undefined =>
  isRecord(view, offset) ? readRecord(view, offset) : undefined;

/** All flows of packed records, such as an effect of the replica carries; stops at the first bytes that are none. */
export function decodeRecords(records: Uint8Array): Flow[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
  const flows: Flow[] = [];
  let offset = 0;
  for (;;) {
    const flow = offset < records.length ? decodeRecord(view, offset) : undefined;
    if (flow === undefined) return flows;
    flows.push(flow);
    offset += recordLength(view, offset);
  }
}

/** Whether the bytes are a record of a connection through one of our services, complete within the view. */
export function isRecord(view: DataView, offset: number): boolean {
  if (offset < 0 || offset + recordLength4 > view.byteLength) return false;
  const family = view.getUint8(offset);
  if (family !== 4 && (family !== 6 || offset + recordLength6 > view.byteLength)) return false;
  return view.getUint8(offset + recordFields.flags) <= 7 && hasOurMark(view, offset);
}

/** Whether the connection belongs to one of our services. */
export const hasOurMark = (view: DataView, offset: number): boolean =>
  (view.getUint32(offset + recordFields.mark) & flowMarkMask) === (flowMark | 0);

/** Leaves the flags that belong to the connection, and not to one sending of it. */
export const clearWireFlags = (view: DataView, offset: number): void =>
  view.setUint8(offset + recordFields.flags, view.getUint8(offset + recordFields.flags) & recordFlags.tcp);
