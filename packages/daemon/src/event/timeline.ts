import type { EventReport, TimelinePeer, TimelineReport } from "@vipair/model";
import { z } from "zod";
import type { PeerLink } from "../pair/link/link.js";
import { alignEvents } from "./align.js";
import { type ClockOffset, type ClockReading, measureOffset, type NodeClock } from "./clock.js";
import { findIncidents } from "./incident.js";
import type { Journal, JournalPart } from "./journal.js";

/** What both nodes say happened, in one order and in this node's time. */
export interface Timeline {
  /** Asks the peer, and says so when it cannot be asked. Never rejects. */
  read(): Promise<TimelineReport>;
  /**
   * Tells everything of the timeline, then what comes: this node's events at once, the peer's and incidents within about a
   * second, and an incident once more when later events put it right.
   */
  follow(listener: (event: EventReport) => void): () => void;
}

export interface TimelineOptions {
  /** The names of this node and of the other one. */
  readonly node: string;
  readonly peer: string;
  readonly clock: NodeClock;
  readonly journal: Journal;
  readonly link: Pick<PeerLink, "connected" | "peer" | "request">;
}

const askMs = 2_000;
const followEveryMs = 1_000;
const capacity = 2_000;

export function openTimeline({ node, peer, clock, journal, link }: TimelineOptions): Timeline {
  /** Of the peer's journal, what was read so far. */
  let read: JournalPart | undefined;

  const ask = async (): Promise<ClockOffset> => {
    if (link.peer === undefined) throw new Error("the peer link is down");
    const { version, features = [] } = link.peer;
    if (!features.includes("events")) throw new Error(`its version ${version} does not tell its events`);
    const part = partSchema.parse(await link.request({ method: "events", after: read?.position }, askMs));
    const isMore = read?.position.journal === part.position.journal;
    const events = isMore
      ? [...(read?.events ?? []), ...(part.events as EventReport[])]
      : (part.events as EventReport[]);
    read = { position: part.position, events: events.slice(-capacity) };
    return measureOffset(
      clock,
      async () => readingSchema.parse(await link.request({ method: "clock" }, askMs)) as ClockReading,
    );
  };
  const merge = (offset: ClockOffset | undefined): EventReport[] => {
    const placed = alignEvents(journal.events(), clock(), read?.events, offset);
    const incidents = findIncidents(placed, [node, peer], offset?.uncertainty ?? 0);
    // Stable: an incident follows the events of the same moment.
    return [...placed, ...incidents].sort((a, b) => a.instant - b.instant).map(({ event }) => event);
  };
  const readAll = async (): Promise<TimelineReport> => {
    try {
      const offset = await ask();
      return { peer: { node: peer, reached: true, ...figuresOf(offset) }, events: merge(offset) };
    } catch (error) {
      return { peer: { node: peer, reached: false, because: (error as Error).message }, events: merge(undefined) };
    }
  };

  return {
    read: readAll,
    follow: (listener) => {
      const told = new Map<string, string>();
      let ended = false;
      let due: NodeJS.Timeout | undefined;
      const tell = (event: EventReport): void => {
        const key = keyOf(event);
        if (ended || told.get(key) === event.message) return;
        told.set(key, event.message);
        listener(event);
      };
      const look = async (): Promise<void> => {
        for (const event of (await readAll()).events) tell(event);
        if (!ended) due = setTimeout(look, followEveryMs);
      };
      const unfollow = journal.follow(tell);
      void look();
      return () => {
        ended = true;
        unfollow();
        clearTimeout(due);
      };
    },
  };
}

const figuresOf = ({ own, peer, uncertainty }: ClockOffset): Pick<TimelinePeer, "offsetMs" | "uncertaintyMs"> => ({
  offsetMs: Math.round(peer.wall - own.wall),
  uncertaintyMs: Math.round(uncertainty * 100) / 100,
});

/** The same event has the same key however often it is placed; an incident is told by its term and its nodes. */
const keyOf = ({ node, kind, at, clockAt, instant, message, detail }: EventReport): string =>
  kind === "incident"
    ? `${kind} ${node} ${detail.from} ${detail.term}`
    : `${node} ${kind} ${instant ?? clockAt ?? at} ${message}`;

// A newer version may say more, and of other kinds.
const event = z.looseObject({
  at: z.iso.datetime(),
  node: z.string(),
  kind: z.string(),
  message: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  instant: z.number().optional(),
  boot: z.string().optional(),
});
const partSchema = z.object({
  position: z.object({ journal: z.string(), count: z.int().nonnegative() }),
  events: z.array(event).max(capacity),
});
const readingSchema = z.object({ wall: z.number(), instant: z.number(), boot: z.string() });
