import { pause, until } from "../../topology/clock.js";
import { otherLb } from "../../topology/plan.js";
import { Instrument } from "../../traffic/instrument.js";
import { round } from "../statistics.js";
import { cpuMs, residentMb } from "../usage.js";
import type { ReplicatingPair } from "./pair.js";
import type {
  CensusAnswer,
  CreatedAnswer,
  CreateQuestion,
  GeneratorAnswer,
  GeneratorQuestion,
  ObserverAnswer,
  ObserverQuestion,
  Range,
  SettledAnswer,
} from "./program.js";

/** A figure of the daemons on either node. */
export interface OnBoth {
  readonly active: number;
  readonly standby: number;
}

/** The tables of both nodes compared, once nothing moves any more. */
export interface Comparison {
  /** On the active node. */
  readonly existing: number;
  /** Of these, not on the standby. */
  readonly missing: number;
  /** On the standby, though they have ended on the active node. */
  readonly surplus: number;
  /** On the standby without their translation, their state, or not assured. */
  readonly altered: number;
}

/** The two programs that make connections on the active node and watch for them on the standby. */
export class Replication {
  readonly #generator: Instrument<GeneratorQuestion, GeneratorAnswer>;
  readonly #observer: Instrument<ObserverQuestion, ObserverAnswer>;

  constructor(readonly pair: ReplicatingPair) {
    const host = (node: "lb1" | "lb2") => pair.topology.host(node);
    this.#generator = new Instrument(host(pair.active), "bench/sync/generator-program", []);
    this.#observer = new Instrument(host(otherLb(pair.active)), "bench/sync/observer-program", []);
  }

  /** From now on the observer notes what happens to the first `count` connections. */
  async watch(count: number): Promise<void> {
    await this.#observer.ask({ type: "watch", mark: this.pair.mark, count });
  }

  /** Makes connections at this rate; resolves after the last birth. */
  async create(load: Pick<CreateQuestion, "count" | "perSecond" | "lifeMs">): Promise<CreatedAnswer> {
    const deadlineMs = (load.count / load.perSecond) * 2_000 + 30_000;
    return (await this.#generator.ask({ type: "create", mark: this.pair.mark, ...load }, deadlineMs)) as CreatedAnswer;
  }

  /**
   * Ends the watch when everything has arrived. When something is missing, it has this time after the last event; left out,
   * the time in which the pair finds out by itself what it lost.
   */
  async settle({ born, died }: CreatedAnswer, quietMs = this.pair.repairMs, since = 0): Promise<SettledAnswer> {
    const deadlineMs = quietMs + 5_000;
    const question = { type: "settle", born, died, quietMs, deadlineMs, since } as const;
    return (await this.#observer.ask(question, deadlineMs + 10_000)) as SettledAnswer;
  }

  /** Both kernels' tables beside what should be in them. */
  async compare(range: Range): Promise<Comparison> {
    const question = { type: "census", mark: this.pair.mark, range } as const;
    const mine = (await this.#generator.ask(question, 30_000)) as CensusAnswer;
    const theirs = (await this.#observer.ask(question, 30_000)) as CensusAnswer;
    const surplus = theirs.surplus - mine.surplus;
    return { existing: mine.present, missing: mine.present - theirs.present, surplus, altered: theirs.altered };
  }

  /** Removes the connections on the active node, and what is then left of them on the standby. */
  async clear(range: Range): Promise<void> {
    await this.#generator.ask({ type: "remove", mark: this.pair.mark, range }, 30_000);
    await until("the standby has removed them too", 10_000, async () => {
      return (await this.#standbyHas(range)) === 0;
    }).catch(() => this.clearStandby(range));
    await pause(500);
  }

  async clearStandby(range: Range): Promise<void> {
    await this.#observer.ask({ type: "remove", mark: this.pair.mark, range }, 30_000);
  }

  async #standbyHas(range: Range): Promise<number> {
    const answer = await this.#observer.ask({ type: "census", mark: this.pair.mark, range }, 30_000);
    return (answer as CensusAnswer).present;
  }

  /** Processor time that the daemons have spent so far, in ms. */
  cpu(): OnBoth {
    return this.#onBoth(cpuMs);
  }

  /** Resident memory of the daemons in MB. */
  resident(): OnBoth {
    return this.#onBoth(residentMb);
  }

  #onBoth(measure: (pids: readonly number[]) => number): OnBoth {
    const { active } = this.pair;
    return { active: measure(this.pair.pids(active)), standby: measure(this.pair.pids(otherLb(active))) };
  }
}

/** What was added between two readings, by some number of things. */
export const each = (before: OnBoth, after: OnBoth, by: number): OnBoth => ({
  active: round((after.active - before.active) / by),
  standby: round((after.standby - before.standby) / by),
});

/** Those that were born and have not died. */
export const living = ({ born, died }: CreatedAnswer): Range => ({
  from: died.at(-1)?.to ?? 0,
  to: born.at(-1)?.to ?? 0,
});
