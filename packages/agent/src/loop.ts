import {
  type ElectionConfig,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  initialElection,
  nextDeadline,
  stepElection,
} from "@vipair/heartbeat";
import { bootClock } from "@vipair/kernel";
import { elapsed, type Instant, type Millis } from "@vipair/model";

/**
 * Runs the election against the world: an event steps the machine, its effects are performed, and their outcomes are the
 * next events. The machine's deadlines live in its state; this loop keeps one timer for the earliest.
 *
 * When the timer fires, sockets are read before the machine is told: a process that was stopped for a while finds its
 * timer due and the peer's heartbeats waiting in the socket, and must not take the one for silence before it has seen
 * the other. Timers run before the poll phase of libuv's loop and `setImmediate` after it, which is all it takes.
 */
export interface ElectionLoop {
  readonly state: ElectionState;
  deliver(event: ElectionEvent): void;
  close(): void;
}

/** Performs one effect of a step that was taken at `decidedAt`; the outcome, if there is one, is an event. */
export type Perform = (effect: ElectionEffect, decidedAt: Instant) => ElectionEvent | undefined;

export function openElectionLoop(
  config: ElectionConfig,
  perform: Perform,
  stepped: (effects: readonly ElectionEffect[], at: Instant, took: Millis) => void,
): ElectionLoop {
  const queue: ElectionEvent[] = [];
  let state: ElectionState = initialElection(config, bootClock());
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let closed = false;

  const deliver = (event: ElectionEvent): void => {
    queue.push(event);
    if (running || closed) return;
    running = true;
    try {
      for (let next = queue.shift(); next !== undefined && !closed; next = queue.shift()) step(next);
    } finally {
      running = false;
    }
    arm();
  };
  const step = (event: ElectionEvent): void => {
    const now = bootClock();
    const result = stepElection(config, state, event, now);
    state = result.state;
    for (const effect of result.effects) {
      const outcome = perform(effect, now);
      if (outcome !== undefined) queue.push(outcome);
    }
    if (result.effects.length > 0) stepped(result.effects, now, elapsed(now, bootClock()));
  };
  const arm = (): void => {
    clearTimeout(timer);
    const deadline = nextDeadline(state);
    if (deadline === undefined || closed) return;
    const delay = Math.max(0, Math.ceil(elapsed(bootClock(), deadline)));
    timer = setTimeout(() => setImmediate(deliver, { type: "deadlineReached" } as const), delay);
  };

  return {
    get state() {
      return state;
    },
    deliver,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
