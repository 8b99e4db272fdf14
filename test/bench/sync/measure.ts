import { monotonicMs, pause, until } from "../../topology/clock.js";
import { otherLb } from "../../topology/plan.js";
import { Instrument } from "../../traffic/instrument.js";
import { percentile, round } from "../statistics.js";
import { cpuMs } from "./cpu.js";
import type { ReplicatingPair } from "./pair.js";
import type {
  CensusAnswer,
  CreatedAnswer,
  GeneratorAnswer,
  GeneratorQuestion,
  ObserverAnswer,
  ObserverQuestion,
  SettledAnswer,
} from "./program.js";

/** What became of connections that came about at a steady rate on the active node. */
export interface StreamResult {
  readonly perSecond: number;
  /** As it came out. */
  readonly achievedPerSecond: number;
  readonly created: number;
  readonly present: number;
  readonly lost: number;
  /** Present, but without their translation, their state, or not assured. */
  readonly altered: number;
  /** From the last birth until the standby had them all; `undefined` when it never did. */
  readonly equalAfterMs: number | undefined;
  /** From birth until the standby's kernel told an observer. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly worst: number };
  /** The worst latency in ms of those that were born in each second of the stream. */
  readonly worstBySecond: readonly number[];
  /** Arrivals that the observer saw; with fewer than are present, the latencies are of these alone. */
  readonly observed: number;
  /** Processor time of the daemons for each connection, their idle time included. */
  readonly cpuUs: { readonly active: number; readonly standby: number };
}

export interface SnapshotResult {
  readonly existing: number;
  /** From the start of the standby's daemon until it said it was ready; `undefined` when it cannot say, or never did. */
  readonly readyAfterMs: number | undefined;
  /** Entries on the standby when it said so. */
  readonly presentWhenReady: number | undefined;
  /** From the start of the daemon to the arrival of the last entry. */
  readonly lastAfterMs: number;
  readonly present: number;
  readonly lost: number;
  /** Of the node that was active all the time. */
  readonly roleChanges: number;
  readonly cpuMs: { readonly active: number; readonly standby: number };
}

/** Milliseconds in each second. */
export interface IdleResult {
  readonly active: number;
  readonly standby: number;
}

const idleMs = 3_000;

type Generator = Instrument<GeneratorQuestion, GeneratorAnswer>;
type Observer = Instrument<ObserverQuestion, ObserverAnswer>;

/** The two programs that make connections on the active node and watch for them on the standby. */
export class ReplicationBench {
  readonly #pair: ReplicatingPair;
  readonly #generator: Generator;
  readonly #observer: Observer;

  constructor(pair: ReplicatingPair) {
    const host = (node: "lb1" | "lb2") => pair.topology.host(node);
    this.#pair = pair;
    this.#generator = new Instrument(host(pair.active), "bench/sync/generator-program", []);
    this.#observer = new Instrument(host(otherLb(pair.active)), "bench/sync/observer-program", []);
  }

  /** Processor time of the daemons for each second in which nothing is to be replicated. */
  async idle(): Promise<IdleResult> {
    const before = this.#cpu();
    await pause(idleMs);
    const after = this.#cpu();
    const perSecond = (ms: number): number => round((ms * 1_000) / idleMs);
    return { active: perSecond(after.active - before.active), standby: perSecond(after.standby - before.standby) };
  }

  /** Makes `count` connections at this rate; they stay. */
  async stream(perSecond: number, count: number): Promise<StreamResult> {
    const { mark } = this.#pair;
    await this.#observer.ask({ type: "watch", mark, count });
    const before = this.#cpu();
    const question = { type: "create", mark, count, perSecond } as const;
    const created = (await this.#generator.ask(question, (count / perSecond) * 1_000 + 30_000)) as CreatedAnswer;
    const settled = await this.#settle();
    const after = this.#cpu();
    const { present, altered } = await this.#census(this.#observer, count);
    const made = count - created.failed;
    const delays = latencies(created, settled);
    const perConnection = (from: number, to: number): number => round(((to - from) * 1_000) / made);
    return {
      perSecond,
      achievedPerSecond: Math.round((made * 1_000) / (created.endedAt - created.startedAt)),
      created: made,
      present,
      lost: made - present,
      altered,
      equalAfterMs: present === made ? Math.max(0, round(lastArrival(settled) - created.endedAt)) : undefined,
      latencyMs: { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99), worst: percentile(delays, 1) },
      worstBySecond: worstBySecond(created, settled),
      observed: delays.length,
      cpuUs: {
        active: perConnection(before.active, after.active),
        standby: perConnection(before.standby, after.standby),
      },
    };
  }

  /** Starts the standby's daemon anew while the `count` connections exist on the active node. */
  async snapshot(count: number): Promise<SnapshotResult> {
    const pair = this.#pair;
    await pair.stopStandby();
    await this.#remove(this.#observer, count);
    const { present: existing } = await this.#census(this.#generator, count);
    const rolesBefore = await pair.roleChanges();
    await this.#observer.ask({ type: "watch", mark: pair.mark, count });
    const before = cpuMs(pair.pids(pair.active));
    const startedAt = monotonicMs();
    pair.startStandby();
    const ready = await this.#ready(count, startedAt);
    const settled = await this.#settle();
    const { present } = await this.#census(this.#observer, count);
    return {
      existing,
      ...ready,
      lastAfterMs: round(lastArrival(settled) - startedAt),
      present,
      lost: existing - present,
      roleChanges: (await pair.roleChanges()) - rolesBefore,
      cpuMs: {
        active: cpuMs(pair.pids(pair.active)) - before,
        standby: cpuMs(pair.pids(otherLb(pair.active))),
      },
    };
  }

  /** Removes the connections on the active node, and what is then left of them on the standby. */
  async clear(count: number): Promise<void> {
    await this.#remove(this.#generator, count);
    await until("the standby has removed them too", 10_000, async () => {
      return (await this.#census(this.#observer, count)).present === 0;
    }).catch(() => this.#remove(this.#observer, count));
    await pause(500);
  }

  async #ready(count: number, startedAt: number): Promise<Pick<SnapshotResult, "readyAfterMs" | "presentWhenReady">> {
    const saysReady = async (): Promise<{ ready: boolean | undefined }> => ({ ready: await this.#pair.ready() });
    const answer = await until(
      "the standby is ready",
      30_000,
      async () => {
        const said = await saysReady();
        return said.ready === false ? undefined : said;
      },
      20,
    ).catch(() => ({ ready: undefined }));
    if (answer.ready === undefined) return { readyAfterMs: undefined, presentWhenReady: undefined };
    const readyAfterMs = round(monotonicMs() - startedAt);
    return { readyAfterMs, presentWhenReady: (await this.#census(this.#observer, count)).present };
  }

  #cpu(): { active: number; standby: number } {
    const { active } = this.#pair;
    return { active: cpuMs(this.#pair.pids(active)), standby: cpuMs(this.#pair.pids(otherLb(active))) };
  }

  /** When entries are missing, the pair has the time in which it finds that out by itself. */
  async #settle(): Promise<SettledAnswer> {
    const { repairMs: quietMs } = this.#pair;
    const deadlineMs = quietMs + 5_000;
    return (await this.#observer.ask({ type: "settle", quietMs, deadlineMs }, deadlineMs + 10_000)) as SettledAnswer;
  }

  async #census(of: Generator | Observer, count: number): Promise<CensusAnswer> {
    return (await of.ask({ type: "census", mark: this.#pair.mark, count }, 30_000)) as CensusAnswer;
  }

  async #remove(on: Generator | Observer, count: number): Promise<void> {
    await on.ask({ type: "remove", mark: this.#pair.mark, count }, 30_000);
  }
}

function latencies({ births }: CreatedAnswer, { arrivals }: SettledAnswer): number[] {
  const delays: number[] = [];
  births.forEach((bornAt, number) => {
    const arrivedAt = arrivals[number] ?? 0;
    if (arrivedAt > 0) delays.push(arrivedAt - bornAt);
  });
  return delays;
}

function worstBySecond({ births, startedAt }: CreatedAnswer, { arrivals }: SettledAnswer): number[] {
  const worst: number[] = [];
  births.forEach((bornAt, number) => {
    const second = Math.floor((bornAt - startedAt) / 1_000);
    worst[second] = Math.max(worst[second] ?? 0, (arrivals[number] ?? 0) - bornAt);
  });
  return worst.map(round);
}

const lastArrival = ({ arrivals }: SettledAnswer): number =>
  arrivals.reduce((latest, arrivedAt) => Math.max(latest, arrivedAt), 0);
