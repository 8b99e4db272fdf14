import { bootClock } from "@vipair/kernel";
import { elapsed, type Instant, type Millis } from "@vipair/model";

/**
 * Runs a machine against the world: an event steps it, its effects are performed, and their outcomes are the next events.
 * The machine's deadlines live in its state; this loop keeps one timer for the earliest.
 *
 * When the timer fires, sockets are read before the machine is told: a process that was stopped for a while finds its
 * timer due and the peer's words waiting in the socket, and must not take the one for silence before it has seen the other.
 */
export interface Loop<State, Event> {
  readonly state: State;
  deliver(event: Event): void;
  close(): void;
}

/** The pure part: what an event brings about, and when the machine wants to be told that time has passed. */
export interface Machine<State, Event, Effect> {
  readonly initial: State;
  step(state: State, event: Event, now: Instant): { readonly state: State; readonly effects: readonly Effect[] };
  nextDeadline(state: State): Instant | undefined;
}

/** Performs one effect of a step that was taken at `decidedAt`; the outcome, if there is one, is an event. */
export type Perform<Event, Effect> = (effect: Effect, decidedAt: Instant) => Event | undefined;

interface DeadlineReached {
  readonly type: "deadlineReached";
}

export interface LoopOptions<State, Event, Effect> {
  readonly perform: Perform<Event, Effect>;
  readonly stepped: (effects: readonly Effect[], at: Instant, took: Millis) => void;
  /** Told of every step before its effects are performed. */
  readonly record: (before: State, event: Event | DeadlineReached, at: Instant, effects: readonly Effect[]) => void;
  /** Called when a deadline was told and what came of it was performed. */
  readonly awake?: () => void;
  /** Reads all that has arrived and delivers it, then goes on: {@link afterSockets} for sockets of Node.js. */
  readonly catchUp: (goOn: () => void) => void;
}

/** Timers run before the poll phase of libuv's loop and `setImmediate` after it, which is all it takes. */
export const afterSockets = (goOn: () => void): void => {
  setImmediate(goOn);
};

export function openLoop<State, Event extends { readonly type: string }, Effect>(
  machine: Machine<State, Event | DeadlineReached, Effect>,
  { perform, stepped, record, catchUp, awake }: LoopOptions<State, Event, Effect>,
): Loop<State, Event> {
  type Fact = Event | DeadlineReached;
  const queue: Fact[] = [];
  let state = machine.initial;
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let closed = false;

  const deliver = (event: Fact): void => {
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
  const step = (event: Fact): void => {
    const now = bootClock();
    const result = machine.step(state, event, now);
    record(state, event, now, result.effects);
    state = result.state;
    for (const effect of result.effects) {
      const outcome = perform(effect, now);
      if (outcome !== undefined) queue.push(outcome);
    }
    if (result.effects.length > 0) stepped(result.effects, now, elapsed(now, bootClock()));
  };
  const arm = (): void => {
    clearTimeout(timer);
    const deadline = machine.nextDeadline(state);
    if (deadline === undefined || closed) return;
    const delay = Math.max(0, Math.ceil(elapsed(bootClock(), deadline)));
    timer = setTimeout(() => catchUp(reachDeadline), delay);
  };
  const reachDeadline = (): void => {
    deliver({ type: "deadlineReached" });
    awake?.();
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
