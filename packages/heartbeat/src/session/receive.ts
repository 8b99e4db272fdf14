import { elapsed, type Instant } from "@vipair/model";
import type { PacketHeader } from "../packet/layout.js";
import type { PeerSession, Session, SessionCounters } from "./session.js";

/** What an authentic packet is worth. */
export type Verdict =
  /** A sign of life on its path; `newest`: also news for the election. `established`: first one of a lifetime. */
  | { readonly type: "accepted"; readonly newest: boolean; readonly established: boolean }
  | { readonly type: "replayed" }
  /** The node's own packet. */
  | { readonly type: "reflected" }
  /** Sent on another path than it arrived on. */
  | { readonly type: "misrouted" }
  /** Of an unknown lifetime. With `answer`: send a heartbeat with this response now, on every path. */
  | { readonly type: "unproven"; readonly answer: bigint | undefined };

/** Unproven packets are answered at most once in this many milliseconds, so that a flood costs little. */
export const answerEvery = 20;

/**
 * Judges a packet whose MAC was right, which arrived on path `pathIndex`. `random` is a fresh random 64-bit number, used
 * when a proof spends the current challenge.
 */
export function receivePacket(
  session: Session,
  packet: PacketHeader,
  pathIndex: number,
  random: bigint,
  now: Instant,
): { session: Session; verdict: Verdict } {
  if (packet.sender === session.index) return judge(session, { type: "reflected" });
  if (packet.path !== pathIndex) return judge(session, { type: "misrouted" });
  if (packet.boot === session.peer?.boot) return receiveKnown(session, session.peer, packet, pathIndex);
  if (packet.response === session.challenge) return establish(session, packet, pathIndex, random);
  return receiveUnproven(session, packet, now);
}

function receiveKnown(session: Session, peer: PeerSession, packet: PacketHeader, path: number) {
  if (packet.seq <= (peer.pathSeqs[path] ?? peer.provenSeq - 1)) return judge(session, { type: "replayed" });
  const newest = packet.seq > peer.seq;
  const heard: PeerSession = {
    boot: peer.boot,
    provenSeq: peer.provenSeq,
    seq: newest ? packet.seq : peer.seq,
    pathSeqs: withPath(peer.pathSeqs, path, packet.seq),
    challenge: newest ? packet.challenge : peer.challenge,
  };
  return judge({ ...session, peer: heard }, { type: "accepted", newest, established: false });
}

function establish(session: Session, packet: PacketHeader, path: number, random: bigint) {
  const { boot, seq, challenge } = packet;
  const peer: PeerSession = { boot, seq, provenSeq: seq, pathSeqs: withPath([], path, seq), challenge };
  const proven: Session = { ...session, peer, challenge: random, unproven: undefined };
  return judge(proven, { type: "accepted", newest: true, established: true });
}

function receiveUnproven(session: Session, packet: PacketHeader, now: Instant) {
  const due = session.answeredAt === undefined || elapsed(session.answeredAt, now) >= answerEvery;
  const noted: Session = { ...session, unproven: packet.challenge, answeredAt: due ? now : session.answeredAt };
  return judge(noted, { type: "unproven", answer: due ? packet.challenge : undefined });
}

function judge(session: Session, verdict: Verdict): { session: Session; verdict: Verdict } {
  return { session: { ...session, counters: count(session.counters, verdict.type) }, verdict };
}

// Field by field: this runs for every packet, and a computed key makes the engine forget the object's shape.
const count = (counters: SessionCounters, type: Verdict["type"]): SessionCounters => ({
  accepted: counters.accepted + (type === "accepted" ? 1 : 0),
  replayed: counters.replayed + (type === "replayed" ? 1 : 0),
  reflected: counters.reflected + (type === "reflected" ? 1 : 0),
  misrouted: counters.misrouted + (type === "misrouted" ? 1 : 0),
  unproven: counters.unproven + (type === "unproven" ? 1 : 0),
});

function withPath(seqs: PeerSession["pathSeqs"], path: number, seq: number): PeerSession["pathSeqs"] {
  const next = [...seqs];
  next[path] = seq;
  return next;
}
