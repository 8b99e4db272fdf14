import type { Conntrack } from "@vipair/kernel";
import { flowMark, flowMarkMask } from "@vipair/model";
import { decodeRecords, fields, recordLength } from "@vipair/sync";
import { openRecords } from "./records.js";
import { dumpEveryMs } from "./replication.js";
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
  conntrack: Pick<Conntrack, "dumpSlots" | "insert" | "remove">,
  refused: (error: string) => void,
): Store {
  const readRecords = openRecords();
  let quietUntil = 0;
  return {
    name: "connections",
    dump: async function* () {
      for await (const slots of conntrack.dumpSlots(ourConnections)) yield (take) => readRecords(slots, take);
    },
    insert: (records, failed) => {
      const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
      const offsets = outlive(view);
      const insertion = conntrack.insert(decodeRecords(records), { minimumTimeout });
      for (const index of insertion.refused) failed(view, offsets[index] ?? 0);
      if (insertion.failed === 0 || performance.now() < quietUntil) return;
      quietUntil = performance.now() + quietMs;
      refused(`insert of ${insertion.failed} replicated connections: ${[...insertion.errors.keys()].join(", ")}`);
    },
    remove: (records) => void conntrack.remove(decodeRecords(records)),
  };
}

/** Gives the copies more time than their originals have. @returns where each begins */
function outlive(view: DataView): number[] {
  const offsets: number[] = [];
  for (let offset = 0; offset < view.byteLength; offset += recordLength(view, offset)) {
    offsets.push(offset);
    view.setUint32(offset + fields.timeout, view.getUint32(offset + fields.timeout) + outlivesBy);
  }
  return offsets;
}
