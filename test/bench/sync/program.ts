/**
 * What the programs inside the load balancers are asked, and what they answer. Synthetic connections are numbered from 0,
 * are born in this order and die in this order. Instants are on CLOCK_MONOTONIC.
 */
import type { LedgerSummary, Step } from "./ledger.js";

/** The connections from one number up to before another. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

interface CensusQuestion {
  readonly type: "census";
  readonly mark: number;
  /** Those that should be there. */
  readonly range: Range;
}

export interface CensusAnswer {
  readonly type: "census";
  /** Of the range, those that this kernel has. */
  readonly present: number;
  /** Of these, the ones that lack a translation, their state or that they are assured. */
  readonly altered: number;
  /** Those outside the range that this kernel has. */
  readonly surplus: number;
}

interface RemoveQuestion {
  readonly type: "remove";
  readonly mark: number;
  readonly range: Range;
}

export interface CreateQuestion {
  readonly type: "create";
  readonly mark: number;
  readonly count: number;
  readonly perSecond: number;
  /** Each is removed when it has lived this long; none after the last was born. They stay when left out. */
  readonly lifeMs?: number;
}

export type GeneratorQuestion = CreateQuestion | RemoveQuestion | CensusQuestion;

export interface CreatedAnswer {
  readonly type: "created";
  /** Just before the kernel was asked to create, or to remove, all up to this number. */
  readonly born: readonly Step[];
  readonly died: readonly Step[];
  readonly failed: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

export type GeneratorAnswer = CreatedAnswer | { readonly type: "removed" } | CensusAnswer;

export type ObserverQuestion =
  /** From now on, note when each of the first `count` entries arrives and ends. */
  | { readonly type: "watch"; readonly mark: number; readonly count: number }
  | SettleQuestion
  | RemoveQuestion
  | CensusQuestion;

/** Ends the watch when everything is as it should be, nothing happened for `quietMs`, or the deadline has passed. */
export interface SettleQuestion {
  readonly type: "settle";
  readonly born: readonly Step[];
  readonly died: readonly Step[];
  readonly quietMs: number;
  readonly deadlineMs: number;
  /** The answer tells when everything was here that had happened before this instant. */
  readonly since: number;
}

export interface SettledAnswer extends LedgerSummary {
  readonly type: "settled";
  /** How often the kernel dropped events because the observer was too slow. */
  readonly overruns: number;
}

export type ObserverAnswer =
  | { readonly type: "watching" }
  | { readonly type: "removed" }
  | SettledAnswer
  | CensusAnswer;
