/** What the programs inside the load balancers are asked, and what they answer. Instants are on CLOCK_MONOTONIC. */
interface CensusQuestion {
  readonly type: "census";
  readonly mark: number;
  readonly count: number;
}

export interface CensusAnswer {
  readonly type: "census";
  /** Of the first `count` entries, those that this kernel has. */
  readonly present: number;
  /** Of these, the ones that lack a translation, their state or that they are assured. */
  readonly altered: number;
}

export type GeneratorQuestion =
  | { readonly type: "create"; readonly mark: number; readonly count: number; readonly perSecond: number }
  | { readonly type: "remove"; readonly mark: number; readonly count: number }
  | CensusQuestion;

export interface CreatedAnswer {
  readonly type: "created";
  /** By number: just before the kernel was asked to create it. */
  readonly births: readonly number[];
  readonly failed: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

export type GeneratorAnswer = CreatedAnswer | { readonly type: "removed" } | CensusAnswer;

export type ObserverQuestion =
  /** From now on, note when each of the first `count` entries arrives. */
  | { readonly type: "watch"; readonly mark: number; readonly count: number }
  /** Ends the watch when all have arrived, none did for `quietMs`, or the deadline has passed. */
  | { readonly type: "settle"; readonly quietMs: number; readonly deadlineMs: number }
  | { readonly type: "remove"; readonly mark: number; readonly count: number }
  | CensusQuestion;

export interface SettledAnswer {
  readonly type: "settled";
  /** By number; 0 for one that did not come, or whose event was missed. */
  readonly arrivals: readonly number[];
  /** How often the kernel dropped events because the observer was too slow. */
  readonly overruns: number;
}

export type ObserverAnswer =
  | { readonly type: "watching" }
  | { readonly type: "removed" }
  | SettledAnswer
  | CensusAnswer;
