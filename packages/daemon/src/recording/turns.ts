/**
 * Lets one at a time use the disk. A disk that hangs takes one thread of the pool then, and not one for every file: the
 * watches of the kernel need the others.
 */
export interface Turns {
  /** Rejects as the use does. */
  take(use: () => Promise<void>): Promise<void>;
}

export function openTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    take: (use) => {
      const turn = last.then(use);
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}
