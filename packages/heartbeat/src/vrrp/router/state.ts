import type { Instant, IpAddress, Millis } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { initialStanding, type NodeStanding } from "../../node/standing.js";
import type { Tenure } from "../../node/tenure.js";

/**
 * A virtual router of RFC 9568 § 6, as any other implementation expects it: only the active router speaks, silence and
 * priority 0 make a backup take over, and a greater priority preempts.
 *
 *                 Startup                      Active_Down_Timer fires
 *   initialize ────────────▶ backup ──────────────────────────────────────▶ active
 *       ▲                     │  ▲                                            │ │
 *       │   Shutdown,         │  │  an advertisement that prevails;           │ │
 *       │   balancer closed   │  │  priority 0 is said: lease lapsed, track   │ │
 *       │                     │  └─ failed, kernel refused, handed over ──────┘ │
 *       └─────────────────────┴─────────────────────────────────────────────────┘
 *
 * Two things are its own. A node is active only while it holds a lease that its kernel ends by itself, before a router
 * that keeps the timing of the RFC takes over. And all addresses of a pair move together: its virtual routers, one for
 * each interface and address family (their *links*), share one state, as in a keepalived `vrrp_sync_group`.
 */
export type RouterState = InitializeState | BackupState | ActiveState;

/** What holds in every role. */
export interface RouterStanding extends NodeStanding {
  /** The active router that this node follows, or means to preempt. */
  readonly peer: RouterView | undefined;
  /** Active_Adver_Interval. */
  readonly activeInterval: Millis;
  /** When another router was last heard, by link. */
  readonly heardAt: readonly (Instant | undefined)[];
}

/** The active router as its last advertisement shows it. */
export interface RouterView {
  readonly sender: IpAddress;
  readonly priority: number;
  readonly interval: Millis;
  readonly heardAt: Instant;
}

export interface InitializeState extends RouterStanding {
  readonly role: "initialize";
  /** Nothing will start this machine again. */
  readonly stopped: boolean;
}

export interface BackupState extends RouterStanding {
  readonly role: "backup";
  /** When Active_Down_Timer fires; `undefined` while the node is not eligible. */
  readonly activeDownAt: Instant | undefined;
  /** The timer was shortened by priority 0. */
  readonly resigned: boolean;
  /** Since when every condition for preemption holds. */
  readonly preemptSince: Instant | undefined;
  /** The node slept through the timer and has been given one interval to look at what arrived. */
  readonly postponed: boolean;
}

export interface ActiveState extends RouterStanding, Tenure {
  readonly role: "active";
  /** When Adver_Timer fires. */
  readonly adverAt: Instant;
  /** When another active router was last heard. */
  readonly contestedAt: Instant | undefined;
}

/** Initialize: waits for the balancer, sends nothing, answers nothing. */
export function initialRouter(config: NodeConfig): InitializeState {
  return {
    ...initialStanding,
    role: "initialize",
    stopped: false,
    peer: undefined,
    activeInterval: config.interval,
    heardAt: [],
  };
}

/** The part of a state that survives every change of role. */
export function standingOf(state: RouterState): RouterStanding {
  const { ready, maintenance, failedTracks, balancerDeadline, refusedUntil, term, yielded } = state;
  const { peer, activeInterval, heardAt } = state;
  const node: NodeStanding = { ready, maintenance, failedTracks, balancerDeadline, refusedUntil, term, yielded };
  return { ...node, peer, activeInterval, heardAt };
}
