/**
 * What source and replica say to each other: one frame per message of the peer link, at most 64 KiB.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+-------+-------+-------------------------------+
 *  0|     type      |stream |vers. 1|             count             |
 *   +---------------+---------------+-------------------------------+
 *  4|                           term (64)                           |
 *   +---------------------------------------------------------------+
 * 12|  what the type says, then `count` records or buckets          |
 *   +---------------------------------------------------------------+
 *
 * Several replications share a link: the stream says which one a frame is of. The machines leave it 0; whoever has the
 * link writes and reads it.
 *
 *   source                                        replica
 *     │ hello ──────────────────────────────────────▶ │   on a link that opened
 *     │ ◀────────────────────────── hello {applied} │   what it got from this source before
 *     │ begin {nextSeq} ────────────────────────────▶ │
 *     │ delta … ────────────────────────────────────▶ │   ◀── ack …
 *     │ digest ─────────────────────────────────────▶ │   exactly as of this point in the stream
 *     │ ◀──────────────────────── compared {buckets} │   those that differ
 *     │ repairBegin, delta …, repairEnd ────────────▶ │   the replica drops what the repair did not touch
 *     │ flush ──────────────────────────────────────▶ │   ◀── flushed, when all before it is in the kernel
 *     │ ◀─────────────────────────── lost {records} │   its kernel refused or lost them: to be sent again
 *     │ ◀─────────────────────────── resync {reason} │   a gap, a lower term, bytes that are no frame
 */
export type Frame = { readonly term: number } & FrameBody;

export type FrameBody =
  | ({ readonly type: "hello" } & Hello)
  | {
      readonly type: "begin";
      readonly boot: bigint;
      /** Of the hello that this answers. */
      readonly session: number;
      /** Number of the first record that follows. */
      readonly nextSeq: number;
      /** The replica keeps what it has, and the records continue where it said. */
      readonly resumed: boolean;
    }
  | {
      readonly type: "delta";
      /** Number of the first record; the others count on. */
      readonly firstSeq: number;
      readonly count: number;
      /** `count` valid records. */
      readonly records: Uint8Array;
    }
  | { readonly type: "ack"; readonly seq: number }
  | {
      readonly type: "lost";
      /** Those that were sent later are not meant. */
      readonly seq: number;
      readonly count: number;
      /** `count` valid records, of which only the keys count. */
      readonly records: Uint8Array;
    }
  | {
      readonly type: "digest";
      readonly number: number;
      /** Two words for each of the 1024 buckets. */
      readonly words: Uint32Array;
    }
  | { readonly type: "compared"; readonly number: number; readonly buckets: readonly number[] }
  | { readonly type: "repairBegin"; readonly buckets: readonly number[] }
  | { readonly type: "repairEnd" }
  | { readonly type: "resync"; readonly reason: ResyncReason }
  | { readonly type: "flush"; readonly token: number }
  | { readonly type: "flushed"; readonly token: number };

export interface Hello {
  readonly role: "source" | "replica";
  /** Random number of the sender's lifetime. */
  readonly boot: bigint;
  /** Counts the sender's links and changes of role, so that the same hello is not answered twice. */
  readonly session: number;
  /** The replica holds what the source with this boot sent up to `appliedSeq`; 0: nothing that it could name. */
  readonly appliedBoot: bigint;
  readonly appliedSeq: number;
}

export type ResyncReason = "gap" | "lowerTerm" | "malformed";

export const frameVersion = 1;
/** Of the second byte; the rest of it is the stream. */
export const versionBits = 0x0f;
export const headerLength = 12;
export const maxFrameLength = 65_536;
/** Where the records of a frame begin that has some. */
export const firstRecord = headerLength + 8;

export const frameTypes = {
  hello: 1,
  begin: 2,
  delta: 3,
  ack: 4,
  digest: 5,
  compared: 6,
  repairBegin: 7,
  repairEnd: 8,
  resync: 9,
  flush: 10,
  flushed: 11,
  lost: 12,
} as const satisfies { readonly [T in FrameBody["type"]]: number };

export const resyncCodes = { gap: 1, lowerTerm: 2, malformed: 3 } as const satisfies {
  readonly [R in ResyncReason]: number;
};
export const roleCodes = { source: 1, replica: 2 } as const;
