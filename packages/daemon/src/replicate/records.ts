import { flowSlot, readFlow, slotKind } from "@vipair/kernel";
import type { Flow } from "@vipair/model";
import { encodeRecord, recordLength6 } from "@vipair/sync";
import type { TakeRecord } from "./store.js";

const tcp = 6;
/** `IPS_ASSURED`, linux/netfilter/nf_conntrack_common.h. */
const assured = 1 << 2;

/**
 * What the kernel tells of connections, as records of the replication. Only assured ones are worth it: TCP that is
 * established, UDP that goes both ways for a while. A flood of SYNs stays where it is.
 */
export function openRecords(): (slots: ArrayBuffer, take: TakeRecord) => void {
  const record = new DataView(new ArrayBuffer(recordLength6));
  return (slots, take) => {
    const view = new DataView(slots);
    for (let offset = 0; offset < view.byteLength; offset += flowSlot.size) {
      const kind = slotKind(view, offset);
      const flow = readFlow(view, offset);
      if (kind !== "destroy" && !isAssured(flow)) continue;
      encodeRecord(record, 0, flow, view.getUint32(offset + flowSlot.id));
      take(kind, record, view.getUint32(offset + flowSlot.originator) !== 0);
    }
  };
}

/**
 * Whether the connection is replicated. An event that says nothing of TCP's state is followed by one that does, or by the
 * next dump.
 */
export const isAssured = ({ protocol, status, tcp: state }: Flow): boolean =>
  (status & assured) !== 0 && (protocol !== tcp || state !== undefined);
