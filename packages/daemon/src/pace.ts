/** What is done again and again, and costs more the more there is, may take this share of the time. */
const mostShare = 1 / 50;

/** How long to wait after work that took so long: `leastMs`, or longer where it would take more than its share of the time. */
export const pauseAfter = (tookMs: number, leastMs: number, share = mostShare): number =>
  Math.max(leastMs, tookMs / share);

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

const beatMs = 100;

interface Regular {
  readonly beats: number;
  readonly work: () => void;
}

const regular = new Set<Regular>();
let beating: NodeJS.Timeout | undefined;
let beat = 0;

/**
 * Does light work at every beat, or at every so many, until it is closed. There are ten beats a second, the same for the
 * whole process: timers of their own would wake it at different times, which costs more than what they wake it for.
 */
export function atBeat(work: () => void, beats = 1): { close(): void } {
  const one: Regular = { beats, work };
  regular.add(one);
  beating ??= setInterval(onBeat, beatMs);
  return {
    close: () => {
      regular.delete(one);
      if (regular.size > 0) return;
      clearInterval(beating);
      beating = undefined;
    },
  };
}

function onBeat(): void {
  beat++;
  for (const { beats, work } of regular) if (beat % beats === 0) work();
}
