import { type Millis, millisOf } from "@vipair/model";

/**
 * One timer for everything that has to be looked at again and again. To wake an idle process costs more than what it then
 * looks at, and timers of their own would wake it at different times.
 */
export interface Looks {
  /** Called at every look, in the order in which they were added, until the answer is called. */
  add(look: () => void): () => void;
  /** The process is awake anyway: looks now, and again when the time for it has passed since. */
  awake(): void;
  close(): void;
}

/** A carrier that went is noticed in this time, and a freeze by so much lateness and more. */
export const lookEvery: Millis = millisOf(20);

export function openLooks(): Looks {
  const looks = new Set<() => void>();
  let closed = false;
  const lookAll = (): void => {
    for (const look of looks) look();
  };
  const looking = setInterval(lookAll, lookEvery);
  return {
    add: (look) => {
      looks.add(look);
      return () => looks.delete(look);
    },
    awake: () => {
      if (closed) return;
      looking.refresh();
      lookAll();
    },
    close: () => {
      closed = true;
      clearInterval(looking);
    },
  };
}
