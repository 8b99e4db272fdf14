import { randomUUID } from "node:crypto";
import { type EventKind, type EventReport, elapsed, type Instant } from "@vipair/model";
import type { NodeClock } from "./clock.js";

type Follower = (event: EventReport) => void;

/** The last events of this node, for `vipair events` and for those who follow. */
export interface Journal {
  /** @param at when it happened, if that was not now */
  record(kind: EventKind, message: string, detail?: EventReport["detail"], at?: Instant): void;
  events(): readonly EventReport[];
  /** Those that somebody who has read so far does not have yet; all when it was another journal. */
  after(position: JournalPosition | undefined): JournalPart;
  follow(follower: Follower): () => void;
}

/** How far somebody has read. */
export interface JournalPosition {
  /** Every start of the daemon begins another one. */
  readonly journal: string;
  readonly count: number;
}

export interface JournalPart {
  readonly position: JournalPosition;
  readonly events: readonly EventReport[];
}

export interface JournalOptions {
  readonly node: string;
  readonly clock: NodeClock;
  /** Events of earlier lives of this node, oldest first. */
  readonly past?: readonly EventReport[];
  /** Told of every event, before the followers. */
  readonly told: (event: EventReport) => void;
}

const capacity = 2_000;

export function openJournal({ node, clock, past = [], told }: JournalOptions): Journal {
  const events: EventReport[] = past.slice(-capacity);
  const journal = randomUUID();
  let count = events.length;
  const followers = new Set<Follower>();
  return {
    record: (kind, message, detail = {}, happened) => {
      const { wall, instant, boot } = clock();
      const ago = happened === undefined ? 0 : elapsed(happened, instant);
      const at = new Date(wall - ago).toISOString();
      const event: EventReport = { at, node, kind, message, detail, instant: happened ?? instant, boot };
      events.push(event);
      count += 1;
      if (events.length > capacity) events.splice(0, events.length - capacity);
      told(event);
      for (const follower of followers) follower(event);
    },
    events: () => [...events],
    after: (position) => {
      const unread = position?.journal === journal ? Math.max(0, count - position.count) : events.length;
      const first = Math.max(0, events.length - unread);
      return { position: { journal, count }, events: events.slice(first) };
    },
    follow: (follower) => {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}
