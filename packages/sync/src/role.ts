import type { Instant } from "@vipair/model";
import type { Holdings } from "./holdings.js";
import { Replica } from "./replica/replica.js";
import type { SourceOptions } from "./source/options.js";
import { Source } from "./source/source.js";
import { FlowTable } from "./table/table.js";

/** What a process that has just started holds: nothing. @param boot random 64 bits */
export function emptyHoldings(boot: bigint, term = 0): Holdings {
  return { table: new FlowTable(Number(boot & 0xffff_ffffn)), boot, term, sessions: 0 };
}

/**
 * The standby became active, with this term: what it holds is what it protects from now on. A pair whose agents were both
 * restarted counts terms anew; the source does not fall behind what its process has seen.
 */
export function becomeSource(
  replica: Replica,
  term: number,
  now: Instant,
  options: Omit<SourceOptions, keyof Holdings> = {},
): Source {
  const holdings = replica.retire();
  return new Source({ ...options, ...holdings, term: Math.max(term, holdings.term) }, now);
}

/** The active node became the standby: its connections stay until a comparison with the other node tells better. */
export function becomeReplica(source: Source, records?: string): Replica {
  return new Replica(source.retire(), records);
}
