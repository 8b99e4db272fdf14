/** What a replica wants done, in this order. Records are packed one after the other: see `decodeRecords`. */
export type ReplicaEffect =
  /** Connections that end here: only their keys count. Removed before others are inserted, which may need their ports. */
  | { readonly type: "removeFlows"; readonly records: Uint8Array; readonly count: number }
  /** Connections for this node's kernel, in place of older ones with the same original tuple. */
  | { readonly type: "insertFlows"; readonly records: Uint8Array; readonly count: number }
  /** Say `performed(token)` when all effects before this one are done. */
  | { readonly type: "confirm"; readonly token: number }
  | { readonly type: "sendFrame"; readonly frame: Uint8Array };
