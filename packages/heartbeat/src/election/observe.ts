import type { Instant } from "@vipair/model";
import type { Heartbeat } from "../heartbeat.js";
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

/** Whether the peer was last known as active. */
export const isActive = (peer: PeerView | undefined): boolean => peer?.heartbeat.role === "active";
