/** Takes frames one in a turn of the event loop: what one of them brings may keep the kernel busy for ten milliseconds. */
export interface Turns {
  add(frame: Uint8Array): void;
  /** Forgets what was not taken yet. */
  clear(): void;
}

export function openTurns(take: (frame: Uint8Array) => void): Turns {
  let waiting: Uint8Array[] = [];
  const takeNext = (): void => {
    const frame = waiting.shift();
    if (frame === undefined) return;
    if (waiting.length > 0) setImmediate(takeNext);
    take(frame);
  };
  return {
    add: (frame) => {
      waiting.push(frame);
      if (waiting.length === 1) setImmediate(takeNext);
    },
    clear: () => {
      waiting = [];
    },
  };
}
