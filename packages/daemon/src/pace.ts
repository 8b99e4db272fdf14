/** What is done again and again, and costs more the more there is, may take this share of the time. */
const mostShare = 1 / 50;

/** How long to wait after work that took so long: `leastMs`, or longer where it would take too much of the time. */
export const pauseAfter = (tookMs: number, leastMs: number): number => Math.max(leastMs, tookMs / mostShare);

/** Does the work every `leastMs`, or more seldom where it would take too much of the time, until it is closed. */
export function atPace(leastMs: number, work: () => void): { close(): void } {
  let closed = false;
  let waiting = setTimeout(turn, leastMs);
  function turn(): void {
    const began = performance.now();
    try {
      work();
    } finally {
      if (!closed) waiting = setTimeout(turn, pauseAfter(performance.now() - began, leastMs));
    }
  }
  return {
    close: () => {
      closed = true;
      clearTimeout(waiting);
    },
  };
}
