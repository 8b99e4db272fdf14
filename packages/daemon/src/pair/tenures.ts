import { setTimeout as pause } from "node:timers/promises";
import { elapsed, type Instant, millisOf } from "@vipair/model";
import { z } from "zod";
import type { Journal } from "../event/journal.js";
import type { TenureRequest } from "./link/message.js";
import { count } from "./link/report.js";

/**
 * How long two nodes owned the addresses, once they have heard each other again. The one that yields asks the other since when
 * it serves, and tells it the result; so both tell the same, even if the other has never heard it as active. An answer is
 * young, where a report may have waited in the link for the networks to heal.
 *
 *     lb1  ████████████████████████████▶    ◀── tenure? ──── lb2
 *     lb2              ██████████│             since 4.2 s ─▶  overlap: from the later begin to lb2's end
 */
export interface Tenures {
  began(at: Instant): void;
  ended(): void;
  /** Two active nodes heard each other; resolves when nothing more is to be done about it. */
  conflicted(yields: boolean): Promise<void>;
  /** Answers the node that yields. Throws when this one is not active. */
  answer(): { readonly beganAgoMs: number };
  /** The node that yielded has measured. */
  measured(overlapMs: number): void;
}

export interface TenuresOptions {
  readonly journal: Pick<Journal, "record">;
  readonly clock: () => Instant;
  readonly ask: (request: TenureRequest) => Promise<unknown>;
  /** This node goes on serving after a conflict. */
  readonly prevailed: () => void;
}

const tenure = z.object({ beganAgoMs: count });
/** So long the link may take to come back, and so often it is tried. */
const patience = millisOf(60_000);
const againMs = 500;

export function openTenures({ journal, clock, ask, prevailed }: TenuresOptions): Tenures {
  let began: Instant | undefined;
  let wonAt: Instant | undefined;

  const tell = (overlapMs: number): void => {
    const seconds = (overlapMs / 1_000).toFixed(1);
    journal.record("conflict", `there were two owners for ${seconds} s`, { overlapMs });
  };
  const win = (): void => {
    wonAt = clock();
    prevailed();
  };
  const untilAnswered = async (request: TenureRequest, since: Instant): Promise<unknown> => {
    for (;;) {
      try {
        return await ask(request);
      } catch (error) {
        if (elapsed(since, clock()) > patience) throw error;
        await pause(againMs, undefined, { ref: false });
      }
    }
  };
  /** Nothing is told when the peer cannot be asked, or serves no more. */
  const measure = async (mine: Instant, end: Instant): Promise<void> => {
    const answer = tenure.safeParse(await untilAnswered({ method: "tenure" }, end));
    if (!answer.success) return;
    const theirs = clock() - answer.data.beganAgoMs;
    const overlapMs = Math.max(0, Math.round(end - Math.max(mine, theirs)));
    tell(overlapMs);
    await untilAnswered({ method: "overlap", overlapMs }, end);
  };

  return {
    began: (at) => {
      began = at;
    },
    ended: () => {
      began = undefined;
    },
    conflicted: async (yields) => {
      if (!yields) win();
      else if (began !== undefined) await measure(began, clock()).catch(() => undefined);
    },
    answer: () => {
      if (began === undefined) throw new Error("this node is not active");
      return { beganAgoMs: Math.round(elapsed(began, clock())) };
    },
    measured: (overlapMs) => {
      tell(overlapMs);
      if (wonAt === undefined || elapsed(wonAt, clock()) > patience) win();
    },
  };
}
