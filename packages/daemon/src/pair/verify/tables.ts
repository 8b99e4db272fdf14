import { type BucketSet, Census, Sample } from "@vipair/sync";
import type { Store } from "../../replicate/store.js";

/** One kernel's table of replicated connections, as a verification looks at it: digests first, then some records. */
export interface Tables {
  census(buckets: number): Promise<Census>;
  sample(chosen: BucketSet): Promise<Sample>;
}

/** Connections that a sample holds at most, in memory and on the link. */
export const mostSampled = 131_072;

/** Of this node. Each look is a dump in pieces, between which everything else goes on. */
export function openTables({ dump }: Pick<Store, "dump">): Tables {
  const read = async <Look extends Census | Sample>(look: Look): Promise<Look> => {
    for await (const batch of dump()) batch((_kind, view, offset) => look.add(view, offset));
    return look;
  };
  return {
    census: (buckets) => read(new Census(buckets)),
    sample: (chosen) => read(new Sample(chosen, mostSampled)),
  };
}
