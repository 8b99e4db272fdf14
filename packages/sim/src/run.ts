import type { ElectionEffect } from "@vipair/heartbeat";
import { Acknowledged } from "./checkers/acknowledged.js";
import { AnswersOnlyActive } from "./checkers/answers-only-active.js";
import { BoundedMemory } from "./checkers/bounded-memory.js";
import type { Checker } from "./checkers/checker.js";
import { Followed } from "./checkers/followed.js";
import { InStep, stepTime } from "./checkers/in-step.js";
import { LeaseDiscipline } from "./checkers/lease-discipline.js";
import { NoFlapping } from "./checkers/no-flapping.js";
import { NoNeedlessOverlap } from "./checkers/no-needless-overlap.js";
import { RecordedCause } from "./checkers/recorded-cause.js";
import { Recovery } from "./checkers/recovery.js";
import { SingleOwner } from "./checkers/single-owner.js";
import { Takeover } from "./checkers/takeover.js";
import { Vacancy } from "./checkers/vacancy.js";
import { Witnessed } from "./checkers/witnessed.js";
import { drawFaults } from "./faults/draw.js";
import type { Fault } from "./faults/fault.js";
import { inject } from "./faults/inject.js";
import type { Host } from "./node/host.js";
import type { ReplicationNews } from "./node/replication.js";
import { describeEffect, describeFault, describeNews, describeWorld } from "./trace.js";
import { type Replacements, World } from "./world/world.js";

/** One story: faults and clients until `healedAtMs`, then nothing but time. */
export const healedAtMs = 34_000;
/** So long everything must stay as it is in the end. */
const calmMs = 2_000;

export interface RunOptions extends Replacements {
  /** Keeps the trace; without it, `trace` is empty. */
  readonly trace?: boolean;
  /** These faults instead of drawn ones. */
  readonly faults?: readonly Fault[];
}

export interface Violation {
  readonly atMs: number;
  readonly checker: string;
  readonly what: string;
}

export interface RunResult {
  readonly ok: boolean;
  /** The first broken promise of each checker. */
  readonly violations: readonly Violation[];
  /** One line for everything that happened, for people. */
  readonly trace: readonly string[];
  /** By reason. */
  readonly takeovers: ReadonlyMap<string, number>;
  /** How often an active node ceased to be active, by reason. */
  readonly losses: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
}

/** Lives through the story that this seed tells; the same seed always tells the same. */
export function runSeed(seed: number, options: RunOptions = {}): RunResult {
  const world = new World(seed, options);
  const faults = options.faults ?? drawFaults(world.random, healedAtMs);
  const story = new Story(world, options.trace === true);
  story.tell(`seed ${seed}: ${describeWorld(world)}`);
  for (const host of world.hosts) world.plan(world.random.between(0, 500), () => host.start());
  for (const fault of faults) world.agenda.plan(fault.atMs, () => story.begin(fault));
  world.plan(healedAtMs, () => world.clients.rest());
  const end = healedAtMs + stepTime(world) + calmMs;
  while (world.agenda.advance(end)) story.inspect();
  return story.result();
}

/** Watches a world with all checkers, and counts what happens. */
class Story {
  readonly #world: World;
  readonly #isTraced: boolean;
  readonly #checkers: readonly Checker[];
  readonly #violations = new Map<string, Violation>();
  readonly #trace: string[] = [];
  readonly #takeovers = new Map<string, number>();
  readonly #losses = new Map<string, number>();
  readonly #faults = new Map<string, number>();

  constructor(world: World, isTraced: boolean) {
    this.#world = world;
    this.#isTraced = isTraced;
    this.#checkers = [
      new SingleOwner(),
      new NoNeedlessOverlap(),
      new AnswersOnlyActive(),
      new Followed(),
      new NoFlapping(),
      new RecordedCause(),
      new Witnessed(),
      new Vacancy(),
      new LeaseDiscipline(),
      new Recovery(healedAtMs),
      new Acknowledged(),
      new Takeover(),
      new InStep(healedAtMs),
      new BoundedMemory(),
    ];
    world.onEvent({
      effect: (host, effect) => this.#observe(host, effect),
      news: (host, news) => this.#hear(host, news),
    });
  }

  begin(fault: Fault): void {
    count(this.#faults, fault.type);
    if (this.#isTraced) this.tell(describeFault(fault));
    inject(this.#world, fault);
  }

  inspect(): void {
    for (const checker of this.#checkers) this.#note(checker, checker.inspect(this.#world));
  }

  tell(line: string): void {
    if (this.#isTraced) this.#trace.push(`${this.#world.now().toFixed(1).padStart(9)} ms  ${line}`);
  }

  result(): RunResult {
    const violations = [...this.#violations.values()];
    const counts = { takeovers: this.#takeovers, losses: this.#losses, faults: this.#faults };
    return { ok: violations.length === 0, violations, trace: this.#trace, ...counts };
  }

  #observe(host: Host, effect: ElectionEffect): void {
    if (effect.type === "reportRole" && effect.to === "active") count(this.#takeovers, effect.reason);
    if (effect.type === "reportRole" && effect.from === "active") count(this.#losses, effect.reason);
    for (const checker of this.#checkers) this.#note(checker, checker.inspectEffect?.(this.#world, host, effect));
    const line = this.#isTraced ? describeEffect(effect) : undefined;
    if (line !== undefined) this.tell(`lb${host.index + 1} ${line}`);
  }

  #hear(host: Host, news: ReplicationNews): void {
    for (const checker of this.#checkers) this.#note(checker, checker.inspectNews?.(this.#world, host, news));
    const line = this.#isTraced ? describeNews(news) : undefined;
    if (line !== undefined) this.tell(`lb${host.index + 1} ${line}`);
  }

  #note(checker: Checker, what: string | undefined): void {
    if (what === undefined || this.#violations.has(checker.name)) return;
    this.#violations.set(checker.name, { atMs: this.#world.now(), checker: checker.name, what });
    this.tell(`VIOLATION of "${checker.name}": ${what}`);
  }
}

const count = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};
