import type { Instant } from "@vipair/model";
import type { NodeIndex, PacketHeader } from "../packet/layout.js";

/**
 * The session makes recorded packets worthless, without any clock.
 *
 * Every lifetime of a node has a random boot id, and counts its heartbeats. Inside a lifetime an old count is a replay.
 * A packet of a lifetime not known yet proves that it is alive by carrying this node's current challenge:
 *
 *   restarted node                                   node
 *        │  boot B, challenge x, response –            │
 *        │────────────────────────────────────────────▶│ unproven: answers at once
 *        │           boot A, challenge y, response x   │
 *        │◀────────────────────────────────────────────│
 *   proven│  boot B, challenge x′, response y          │
 *        │────────────────────────────────────────────▶│ proven: B is the peer now; draws a challenge y′
 *
 * A challenge serves for one proof, so what was recorded in another lifetime of either side is never accepted.
 */
export interface Session {
  readonly index: NodeIndex;
  readonly boot: bigint;
  /** What a peer of another lifetime must send back. */
  readonly challenge: bigint;
  /** Count of the heartbeat sent last. */
  readonly seq: number;
  readonly peer: PeerSession | undefined;
  /** Newest challenge of an unproven lifetime; answered while no lifetime of the peer is established. */
  readonly unproven: bigint | undefined;
  readonly answeredAt: Instant | undefined;
  readonly counters: SessionCounters;
}

/** The established lifetime of the peer. */
export interface PeerSession {
  readonly boot: bigint;
  readonly seq: number;
  /** Count of the heartbeat that proved it: older ones were perhaps recorded. */
  readonly provenSeq: number;
  /** Last count on each path, by path number. */
  readonly pathSeqs: readonly (number | undefined)[];
  readonly challenge: bigint;
}

/** How often each verdict was given. */
export interface SessionCounters {
  readonly accepted: number;
  readonly replayed: number;
  readonly reflected: number;
  readonly misrouted: number;
  readonly unproven: number;
}

/** A session of a fresh lifetime; `boot` and `challenge` are random 64-bit numbers. */
export function openSession(own: { index: NodeIndex; boot: bigint; challenge: bigint }): Session {
  return {
    index: own.index,
    boot: own.boot,
    challenge: own.challenge,
    seq: 0,
    peer: undefined,
    unproven: undefined,
    answeredAt: undefined,
    counters: { accepted: 0, replayed: 0, reflected: 0, misrouted: 0, unproven: 0 },
  };
}

export type SessionHeader = Pick<PacketHeader, "sender" | "boot" | "seq" | "challenge" | "response">;

/** The header of the next heartbeat, the same on all paths. `response` answers an unproven packet. */
export function nextPacketHeader(session: Session, response?: bigint): { session: Session; header: SessionHeader } {
  const seq = session.seq + 1;
  const heard = response ?? session.peer?.challenge ?? session.unproven ?? 0n;
  const { index, boot, challenge } = session;
  return { session: { ...session, seq }, header: { sender: index, boot, seq, challenge, response: heard } };
}
