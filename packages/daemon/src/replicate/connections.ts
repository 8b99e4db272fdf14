import type { Conntrack } from "@vipair/kernel";
import { flowMark, flowMarkMask, recordFields, recordLength } from "@vipair/model";
import { dumpEveryMs } from "./dumps.js";
import { readRecords } from "./records.js";
import type { Store } from "./store.js";

/** The connections of all our services. */
export const ourConnections = { mark: flowMark, mask: flowMarkMask };

/** A full table refuses everything: told once in this time. */
const quietMs = 60_000;
/** Copies of connections that are not TCP must outlive three dumps. */
const minimumTimeout = (3 * dumpEveryMs) / 1_000;
/**
 * Seconds that a copy outlives its original. The original's end is told: by its kernel as soon as somebody comes across the
 * entry, which the next dump does at the latest. A copy that expired first would be missed, and sent again for nothing.
 */
const outlivesBy = dumpEveryMs / 1_000;

/** The kernel's table of connections as a store. */
export function openConnectionStore(
  conntrack: Pick<Conntrack, "dumpSlots" | "insertRecords" | "removeRecords">,
  refused: (error: string) => void,
): Store {
  let quietUntil = 0;
  return {
    name: "connections",
    dump: async function* () {
      for await (const slots of conntrack.dumpSlots(ourConnections)) yield (take) => readRecords(slots, take);
    },
    insert: (records, failed) => {
      const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
      outlive(view);
      const { refused: offsets, errors } = conntrack.insertRecords(records, { minimumTimeout });
      for (const offset of offsets) failed(view, offset);
      if (offsets.length === 0 || performance.now() < quietUntil) return;
      quietUntil = performance.now() + quietMs;
      refused(`insert of ${offsets.length} replicated connections: ${[...errors.keys()].join(", ")}`);
    },
    remove: (records) => void conntrack.removeRecords(records),
  };
}

/** Gives the copies more time than their originals have. */
function outlive(view: DataView): void {
  for (let offset = 0; offset < view.byteLength; offset += recordLength(view, offset)) {
    view.setUint32(offset + recordFields.timeout, view.getUint32(offset + recordFields.timeout) + outlivesBy);
  }
}
