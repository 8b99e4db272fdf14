import type { FlowTable } from "./table/table.js";

/** What a node keeps when it changes its role. */
export interface Holdings {
  /** The connections; only live ones. */
  readonly table: FlowTable;
  /** Random number of this lifetime of the process. */
  readonly boot: bigint;
  /** The highest term seen. */
  readonly term: number;
  /** Counts links and changes of role. */
  readonly sessions: number;
}
