import { type EventKind, type EventReport, spanText, type TimelinePeer } from "@vipair/model";
import type { Paint } from "./mark.js";
import { localTimeText, secondsText } from "./time.js";

/**
 * `2026-01-01 14:03:22.123  lb1  lb1 became active: the peer fell silent`, in local time; what an incident came to stands
 * below its events.
 */
export function eventLines({ at, node, kind, message }: EventReport, paint: Paint): string[] {
  if (kind === "incident") return [`${incidentIndent}${paint.bold(`└ ${message}`)}`, ""];
  return [`${paint.dim(localTimeText(at))}  ${node}  ${emphasis(kind, paint)(message)}`];
}

const incidentIndent = " ".repeat("2026-01-01 14:03:22.123  ".length);

/** What must be known of the peer to read the timeline; nothing when there is nothing to say. */
export function timelineNotes({ node, reached, because, offsetMs = 0, uncertaintyMs = 0 }: TimelinePeer): string[] {
  if (!reached) return [`${node} is not asked: ${because}. These are the events of this node alone.`, ""];
  if (Math.abs(offsetMs) < noticeableMs) return [];
  const apart = Math.abs(offsetMs) < 60_000 ? spanText(Math.abs(offsetMs)) : secondsText(Math.abs(offsetMs) / 1_000);
  const how = offsetMs > 0 ? "ahead" : "behind";
  return [`The clock of ${node} is ${apart} ${how}: times are this node's (± ${spanText(uncertaintyMs)}).`, ""];
}

const noticeableMs = 10;

/** A newer daemon may know more kinds. */
function emphasis(kind: EventKind, paint: Paint): (text: string) => string {
  return emphases(paint)[kind] ?? plain;
}

const plain = (text: string): string => text;

const emphases = (paint: Paint): Readonly<Record<EventKind, (text: string) => string>> => ({
  roleChanged: paint.bold,
  incident: paint.bold,
  refused: paint.red,
  conflict: paint.red,
  addressConflict: paint.red,
  tuning: paint.red,
  restored: paint.yellow,
  strays: paint.yellow,
  trackChanged: paint.yellow,
  frozen: paint.yellow,
  pathChanged: paint.yellow,
  healthChanged: plain,
  adminChanged: plain,
  peerChanged: plain,
  configChanged: plain,
  converged: plain,
  started: plain,
  stopped: plain,
});
