import {
  type BalanceEffect,
  type BalanceEvent,
  type BalanceState,
  initialBalance,
  nextDeadline,
  stepBalance,
} from "@vipair/balancer";
import { bootClock } from "@vipair/kernel";
import { elapsed, type Instant, type Service } from "@vipair/model";
import { pauseAfter } from "../pace.js";

/** Runs the balance against the world, with one timer for the earliest deadline in its state. */
export interface BalanceLoop {
  readonly state: BalanceState;
  deliver(event: BalanceEvent): void;
  close(): void;
}

export interface BalanceLoopOptions {
  readonly services: readonly Service[];
  /** 0 to 1: shifts this node's probes against the other node's. */
  readonly spread: number;
  readonly redirectPort: number | undefined;
  readonly perform: (effect: BalanceEffect) => void;
  /** Told of every step before its effects are performed. */
  readonly record: (before: BalanceState, event: BalanceEvent, at: Instant, effects: readonly BalanceEffect[]) => void;
}

/** Timers of Node.js end at 2^31 - 1 ms. */
const longestDelay = 60_000;

export function openBalanceLoop({ services, spread, redirectPort, perform, record }: BalanceLoopOptions): BalanceLoop {
  let state = initialBalance(services, bootClock(), spread, redirectPort);
  let timer: NodeJS.Timeout | undefined;
  let arming: NodeJS.Immediate | undefined;
  let closed = false;
  /** To look at all deadlines of thousands of servers takes its time: what is due soon after waits for the next look. */
  let nextLook = 0;

  const deliver = (event: BalanceEvent): void => {
    if (closed) return;
    const now = bootClock();
    const began = performance.now();
    const result = stepBalance(state, event, now);
    nextLook = lookAfter(event, began);
    record(state, event, now, result.effects);
    state = result.state;
    for (const effect of result.effects) perform(effect);
    arming ??= setImmediate(arm);
  };
  /** Once for all that one turn of the event loop brings: to find the earliest deadline of thousands takes its time. */
  const arm = (): void => {
    arming = undefined;
    clearTimeout(timer);
    const deadline = nextDeadline(state);
    if (deadline === undefined || closed) return;
    const due = Math.max(elapsed(bootClock(), deadline), nextLook - performance.now());
    timer = setTimeout(deliver, Math.min(longestDelay, Math.max(0, due)), { type: "deadlineReached" } as const);
  };
  /** What the effects of a look take is no reason to wait, nor does what a reload adds wait. */
  const lookAfter = ({ type }: BalanceEvent, began: number): number => {
    if (type === "servicesReplaced") return 0;
    const ended = performance.now();
    return type === "deadlineReached" ? ended + pauseAfter(ended - began, 0) : nextLook;
  };

  arm();
  return {
    get state() {
      return state;
    },
    deliver,
    close: () => {
      closed = true;
      clearImmediate(arming);
      clearTimeout(timer);
    },
  };
}
