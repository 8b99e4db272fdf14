import { after, type Instant } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
import type { ElectionConfig } from "./config.js";
import type { ElectionState, PeerView } from "./state.js";

/** Keeps what a heartbeat says of the peer. */
export function observeHeartbeat<S extends ElectionState>(state: S, heartbeat: Heartbeat, now: Instant): S {
  const ceased = isActive(state.peer) && heartbeat.role !== "active";
  return {
    ...state,
    peer: { heartbeat, heardAt: now, gone: false },
    term: Math.max(state.term, heartbeat.term),
    activeInterval: heartbeat.role === "active" ? heartbeat.interval : state.activeInterval,
    yielded: state.yielded && !ceased,
  };
}

/** The peer's process is gone, and its role with it. */
export function observeDeath<S extends ElectionState>(state: S): S {
  return state.peer === undefined ? state : { ...state, peer: { ...state.peer, gone: true } };
}

export function observeTrack<S extends ElectionState>(state: S, track: string, ok: boolean): S {
  if (ok !== state.failedTracks.has(track)) return state;
  const failedTracks = new Set(state.failedTracks);
  if (ok) failedTracks.delete(track);
  else failedTracks.add(track);
  return { ...state, failedTracks };
}

/** Switching maintenance on and off again also forgets that the node once handed over on request. */
export function observeMaintenance<S extends ElectionState>(state: S, on: boolean): S {
  return { ...state, maintenance: on, yielded: state.yielded && (on || !state.maintenance) };
}

export function observeBalancer<S extends ElectionState>(config: ElectionConfig, state: S, now: Instant): S {
  return { ...state, balancerDeadline: after(now, config.balancerTimeout) };
}

/** Whether the peer was last known as active. */
export const isActive = (peer: PeerView | undefined): boolean => peer?.heartbeat.role === "active";
