import type { EventKind, EventReport } from "@vipair/model";

type Follower = (event: EventReport) => void;

/** The last events of this node, for `vipair events` and for those who follow. */
export interface Journal {
  record(kind: EventKind, message: string, detail?: EventReport["detail"]): void;
  events(): readonly EventReport[];
  follow(follower: Follower): () => void;
}

const capacity = 2_000;

export interface JournalOptions {
  readonly node: string;
  /** Events of earlier lives of this node, oldest first. */
  readonly past?: readonly EventReport[];
  /** Told of every event, before the followers. */
  readonly told: (event: EventReport) => void;
}

export function openJournal({ node, past = [], told }: JournalOptions): Journal {
  const events: EventReport[] = past.slice(-capacity);
  const followers = new Set<Follower>();
  return {
    record: (kind, message, detail = {}) => {
      const event: EventReport = { at: new Date().toISOString(), node, kind, message, detail };
      events.push(event);
      if (events.length > capacity) events.splice(0, events.length - capacity);
      told(event);
      for (const follower of followers) follower(event);
    },
    events: () => [...events],
    follow: (follower) => {
      followers.add(follower);
      return () => followers.delete(follower);
    },
  };
}
