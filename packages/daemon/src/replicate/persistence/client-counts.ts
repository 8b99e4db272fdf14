import { recordFields } from "@vipair/model";
import type { TakeConnection } from "@vipair/sync";

const freshMs = 1_000;

/** Counts records by their mark, afresh at most once a second. */
export function openClientCounts(each: (take: TakeConnection) => void): (mark: number) => number {
  let counts = new Map<number, number>();
  let countedAt = Number.NEGATIVE_INFINITY;
  return (mark) => {
    if (performance.now() - countedAt >= freshMs) {
      counts = new Map();
      each((view, offset) => {
        const own = view.getUint32(offset + recordFields.mark);
        counts.set(own, (counts.get(own) ?? 0) + 1);
      });
      countedAt = performance.now();
    }
    return counts.get(mark >>> 0) ?? 0;
  };
}
