import type { NodeEvent } from "@vipair/heartbeat";
import type { PathReport, Reach, Role, ServerCount, TakeoverReport } from "@vipair/model";
import type { PeerView } from "./message.js";

/** The machine that decides about ownership, with what it speaks to others by: two transports, one party each. */
export interface Party {
  deliver(event: NodeEvent): void;
  /** The peer says on another way that it was active with this term. */
  seeTerm(term: number): void;
  /** The balancer has counted the real servers that are up. */
  countServers(servers: ServerCount): void;
  setConfigDigest(digest: bigint): void;
  readonly standing: PartyStanding;
  /** The node is active, and its lease has not lapsed unseen while this process was stalled. */
  readonly owns: boolean;
  /** The peer as it was last heard. */
  peer(): PeerView | undefined;
  paths(): readonly PathReport[];
  /** Packets refused so far, by reason. */
  refused(): Readonly<Record<string, number>>;
  /** The machine stands still. */
  stop(): void;
  /** Nothing is said or heard any more. */
  close(): void;
}

/** How the node stands in it. */
export interface PartyStanding {
  readonly role: Role;
  readonly term: number;
  /** What is left of it after the failed tracks' weights. */
  readonly priority: number;
  readonly eligible: boolean;
  /** Tracks that fail: `interface eth0`. */
  readonly failedTracks: readonly string[];
  readonly reach?: Reach;
  readonly takeover: TakeoverReport;
}
