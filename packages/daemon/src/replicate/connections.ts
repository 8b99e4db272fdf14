import type { Conntrack } from "@vipair/kernel";
import { flowMark, flowMarkMask } from "@vipair/model";
import { readRecords } from "./records.js";
import { dumpEveryMs } from "./replication.js";
import type { Store } from "./store.js";

/** The connections of all our services. */
export const ourConnections = { mark: flowMark, mask: flowMarkMask };

/** A full table refuses everything: told once in this time. */
const quietMs = 60_000;
/** Copies of connections that are not TCP must outlive three dumps. */
const minimumTimeout = (3 * dumpEveryMs) / 1_000;

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
    insert: (records) => {
      const { refused: offsets, errors } = conntrack.insertRecords(records, { minimumTimeout });
      if (offsets.length === 0 || performance.now() < quietUntil) return;
      quietUntil = performance.now() + quietMs;
      refused(`insert of ${offsets.length} replicated connections: ${[...errors.keys()].join(", ")}`);
    },
    remove: (records) => void conntrack.removeRecords(records),
  };
}
