import type { Instant, Millis } from "@vipair/model";
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
  /** Since when every condition for preemption holds. */
  readonly claimSince: Instant | undefined;
}

/** Why nobody seems to own the addresses, and when this node acts on it. */
export interface Vacancy {
  readonly reason: "peerDied" | "resignation" | "handover";
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
  };
}

/** The part of a state that survives every change of role. */
export function standingOf(state: ElectionState): Standing {
  const { ready, maintenance, failedTracks, balancerDeadline, refusedUntil, peer, term, activeInterval, yielded } =
    state;
  return { ready, maintenance, failedTracks, balancerDeadline, refusedUntil, peer, term, activeInterval, yielded };
}
