import type { Holdings } from "../holdings.js";

export interface SourceOptions extends Holdings {
  /** Connections that died and whose end the replica has not acked: beyond this many, a digest must tell instead. */
  readonly mostTombstones?: number;
  /** Pause between two comparisons with the replica. */
  readonly digestIntervalMs?: number;
  readonly renewal?: Renewal;
}

/** When a copy is sent again because of its time alone. */
export interface Renewal {
  /** The copy has less than this share of the time that the original has left. */
  readonly below: number;
  /** How much time the copies of a replica have that this source does not know cannot be told: each is sent when seen. */
  readonly all: boolean;
}

export const defaultRenewal: Renewal = { below: 1 / 2, all: false };
export const defaultMostTombstones = 65_536;
export const defaultDigestIntervalMs = 10_000;

/** Where a connection stands: in the replica's kernel as it is now, on its way there, or not there. */
export type Standing = "protected" | "sent" | "missing";

export type SourceEffect =
  /** Everything that had changed when {@link Source.flush} was called with this token is in the replica's kernel. */
  | { readonly type: "reportFlushed"; readonly token: number }
  /** The peer has seen a higher term: this node is not the active one any more, and sends nothing from now on. */
  | { readonly type: "reportSuperseded"; readonly term: number };
