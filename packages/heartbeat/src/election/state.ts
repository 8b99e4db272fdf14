import { fullReach, type Instant, type Millis, millisOf, type ReachLevel, type ServerCount } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import { initialStanding, type NodeStanding } from "../node/standing.js";
import type { Tenure } from "../node/tenure.js";
import type { ElectionConfig } from "./config.js";

/**
 * The election decides which of two nodes owns the addresses.
 *
 *                 started                       silence, resignation, peer died, planned hand-over
 *   initialize ────────────▶ backup ─────────────────────────────────────────────────────────▶ active
 *       ▲                     │  ▲                                                               │ │
 *       │    stop requested,  │  │    yielded, lease lapsed, track failed, kernel refused,       │ │
 *       │    balancer closed  │  └─── balancer lost, handed over ────────────────────────────────┘ │
 *       └─────────────────────┴────────────────────────────────────────────────────────────────────┘
 *
 * It is RFC 9568 § 6 with three things more: a node is active only while it holds a lease that its kernel ends by
 * itself; both roles send heartbeats; and ownership moves to a better node by a hand-over, never by outshouting. Every
 * deadline is a point in time in the state: whoever drives the machine keeps one timer, for {@link nextDeadline}.
 */
export type ElectionState = InitializeState | BackupState | ActiveState;

/** What holds in every role. */
export interface Standing extends NodeStanding {
  readonly peer: PeerView | undefined;
  /** Active_Adver_Interval: learned from the active node's heartbeats. */
  readonly activeInterval: Millis;
  readonly servers: ServerCount;
  /** This node handed over on request though it reached more, and has done so ever since. */
  readonly conceded: boolean;
  /** When this node last gave way to a better placed one. */
  readonly gaveWayAt: Instant | undefined;
}

/** The peer as it was last heard. */
export interface PeerView {
  readonly heartbeat: Heartbeat;
  readonly heardAt: Instant;
  /** Its lifeline closed after that. */
  readonly gone: boolean;
}

export interface InitializeState extends Standing {
  readonly role: "initialize";
  /** Nothing will start this machine again. */
  readonly stopped: boolean;
}

export interface BackupState extends Standing {
  readonly role: "backup";
  readonly heartbeatAt: Instant;
  /** When Active_Down_Timer fires; `undefined` while the node is not eligible. */
  readonly activeDownAt: Instant | undefined;
  /** Nobody seems to own the addresses: the node takes them unless it hears otherwise. */
  readonly vacancy: Vacancy | undefined;
  /** When the node last noticed that it had been stalled: what it hears right after that may be old. */
  readonly wokeAt: Instant | undefined;
  /** The node slept through a takeover deadline and has been given one interval to look at what arrived. */
  readonly postponed: boolean;
  /** Became backup in a conflict, and has not heard the winner since. */
  readonly afterConflict: boolean;
  /** When a witness was last reached while the peer was heard on no path. */
  readonly witnessedAt: Instant | undefined;
  /** The time to take over has come in this silence, and no witness was reached. */
  readonly unwitnessed: boolean;
  /** Why this node wants ownership, when everything speaks for it. */
  readonly claim: Claim | undefined;
}

/** Why a standby wants ownership (see claim.ts). */
export interface Claim {
  /** The level of reach on which this node is better placed, or that it is preferred. */
  readonly cause: ReachLevel | "priority";
  /** Since when everything that the claim needs has held without a break. */
  readonly since: Instant;
}

/** Before the balancer has counted, servers speak for nobody. */
const uncounted: ServerCount = { up: fullReach.serversUp, lag: millisOf(0) };

/** Why nobody seems to own the addresses, and when this node acts on it. */
export interface Vacancy {
  readonly reason: "peerDied" | "resignation" | "handover" | "betterPlaced";
  readonly at: Instant;
}

export interface ActiveState extends Standing, Tenure {
  readonly role: "active";
  readonly heartbeatAt: Instant;
  /** Since when the peer is heard as active too. */
  readonly conflictSince: Instant | undefined;
  /** Since when the other active node says that it does not hear this one. */
  readonly deafSince: Instant | undefined;
  /** The standby claims: the node yields by itself at this time. */
  readonly yieldAt: Instant | undefined;
}

/** Initialize: waits for the balancer, sends nothing, answers nothing. */
export function initialElection(config: ElectionConfig, _now: Instant): InitializeState {
  return {
    role: "initialize",
    stopped: false,
    ...initialStanding,
    peer: undefined,
    activeInterval: config.interval,
    servers: uncounted,
    conceded: false,
    gaveWayAt: undefined,
  };
}

/** The part of a state that survives every change of role. */
export function standingOf(state: ElectionState): Standing {
  const { ready, maintenance, failedTracks, balancerDeadline, refusedUntil, term, yielded } = state;
  const { peer, activeInterval, servers, conceded, gaveWayAt } = state;
  const standing = { ready, maintenance, failedTracks, balancerDeadline, refusedUntil, term, yielded };
  return { ...standing, peer, activeInterval, servers, conceded, gaveWayAt };
}
