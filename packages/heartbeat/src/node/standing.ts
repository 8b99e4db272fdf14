import { after, type Instant } from "@vipair/model";
import type { NodeConfig } from "./config.js";

/** What a node knows of itself in every role. */
export interface NodeStanding {
  readonly ready: boolean;
  readonly maintenance: boolean;
  readonly failedTracks: ReadonlySet<string>;
  /** When the balancer counts as lost; `undefined`: it is lost, or has not started. */
  readonly balancerDeadline: Instant | undefined;
  /** The kernel refused something: the node stays out until then. */
  readonly refusedUntil: Instant | undefined;
  /** The highest term seen. */
  readonly term: number;
  /** Ownership was handed over on request: this node does not claim it back by preemption. */
  readonly yielded: boolean;
}

/** A node that has seen nothing yet. */
export const initialStanding: NodeStanding = {
  ready: false,
  maintenance: false,
  failedTracks: new Set(),
  balancerDeadline: undefined,
  refusedUntil: undefined,
  term: 0,
  yielded: false,
};

export function observeTrack<S extends NodeStanding>(state: S, track: string, ok: boolean): S {
  if (ok !== state.failedTracks.has(track)) return state;
  const failedTracks = new Set(state.failedTracks);
  if (ok) failedTracks.delete(track);
  else failedTracks.add(track);
  return { ...state, failedTracks };
}

/** Switching maintenance on and off again also forgets that the node once handed over on request. */
export function observeMaintenance<S extends NodeStanding>(state: S, on: boolean): S {
  return { ...state, maintenance: on, yielded: state.yielded && (on || !state.maintenance) };
}

export function observeBalancer<S extends NodeStanding>(config: NodeConfig, state: S, now: Instant): S {
  return { ...state, balancerDeadline: after(now, config.balancerTimeout) };
}

/** Lets deadlines pass that only change what holds. */
export function expireStanding<S extends NodeStanding>(state: S, now: Instant): S {
  const balancerLost = state.balancerDeadline !== undefined && now >= state.balancerDeadline;
  const refusalOver = state.refusedUntil !== undefined && now >= state.refusedUntil;
  return {
    ...state,
    balancerDeadline: balancerLost ? undefined : state.balancerDeadline,
    refusedUntil: refusalOver ? undefined : state.refusedUntil,
  };
}
