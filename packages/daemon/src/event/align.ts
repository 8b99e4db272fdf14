import type { EventReport } from "@vipair/model";
import type { ClockOffset, ClockReading } from "./clock.js";

/** An event of either node with its place on this node's CLOCK_BOOTTIME. */
export interface PlacedEvent {
  readonly event: EventReport;
  readonly instant: number;
  /** It was placed by the clock that nobody sets. Else by the wall clock, which may have been set meanwhile. */
  readonly exact: boolean;
}

/** Both nodes' events in order, in this node's time. Clocks may be years apart. */
export function alignEvents(
  own: readonly EventReport[],
  now: ClockReading,
  peer: readonly EventReport[] = [],
  offset?: ClockOffset,
): PlacedEvent[] {
  const mine = own.map((event) => place(event, now, now, now));
  const theirs = offset === undefined ? [] : peer.map((event) => place(event, offset.peer, offset.own, now));
  return [...mine, ...theirs].sort((a, b) => a.instant - b.instant);
}

/** @param theirs the clocks of the event's node at the moment at which this node's were `ours` */
function place(event: EventReport, theirs: ClockReading, ours: ClockReading, now: ClockReading): PlacedEvent {
  const { at, instant: recorded, boot } = event;
  const exact = recorded !== undefined && boot === theirs.boot;
  const before = exact ? theirs.instant - recorded : theirs.wall - Date.parse(at);
  const instant = ours.instant - before;
  const wall = now.wall - (now.instant - instant);
  // A clock that nobody has set since gives the same time again, but for rounding.
  if (Math.abs(wall - Date.parse(at)) < roundingMs) return { event, instant, exact };
  return { event: { ...event, at: new Date(wall).toISOString(), clockAt: at }, instant, exact };
}

const roundingMs = 5;
