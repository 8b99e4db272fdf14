import type { SlotKind } from "@vipair/kernel";

/** Where a replication's records are at home on this node: in its kernel. */
export interface Store {
  /** What is in it, in a word for people. */
  readonly name: string;
  /** Everything that it holds. Each batch is read before the next is asked for. Throws what the kernel refuses. */
  dump(): AsyncIterable<RecordBatch>;
  /** Packed records, in place of older ones with the same keys. Calls `failed` for each that is not in it now. */
  insert(records: Uint8Array, failed: (view: DataView, offset: number) => void): void;
  /** Of packed records, only the keys count. */
  remove(records: Uint8Array): void;
  /** Those of packed records that it holds, as it holds them: for a store whose dump may overlook some. */
  find?(records: Uint8Array): RecordBatch;
  /** Packed records, where there is none with the same key: for a store that may lose everything at once. */
  putBack?(records: Uint8Array): void;
}

/** Calls `take` with one record after the other. */
export type RecordBatch = (take: TakeRecord) => void;

/**
 * Called with one record, which begins at `offset`; the bytes are the caller's again when this returns.
 * @param byHand somebody did this, and neither traffic nor time
 */
export type TakeRecord = (kind: SlotKind, view: DataView, offset: number, byHand?: boolean) => void;
