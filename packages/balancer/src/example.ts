import {
  type BalancedService,
  type Endpoint,
  type Instant,
  instantOf,
  millisOf,
  parseEndpoint,
  type RedirectService,
  type Server,
} from "@vipair/model";
import type { BalanceEffect, BalanceEvent, BalanceState } from "./balance/index.js";
import { initialBalance, nextDeadline, stepBalance } from "./balance/index.js";
import type { Ruleset } from "./ruleset/index.js";

/** Services for tests. */
export function endpoint(text: string): Endpoint {
  const parsed = parseEndpoint(text);
  if (parsed === undefined) throw new Error(`no endpoint: ${text}`);
  return parsed;
}

export const server = (name: string, address: string, weight = 1): Server => ({
  name,
  address: endpoint(address),
  weight,
  maxConnections: undefined,
});

export const owa: BalancedService = {
  kind: "balanced",
  name: "owa",
  listen: endpoint("198.51.100.10:443"),
  mode: "nat",
  scheduler: "roundRobin",
  persistence: undefined,
  health: [{ type: "tcp", port: undefined }],
  interval: millisOf(2_000),
  timeout: millisOf(1_000),
  rise: 2,
  fall: 3,
  servers: [server("ex1", "10.77.2.11:443"), server("ex2", "10.77.2.12:443")],
  sorry: undefined,
};

export const dns: BalancedService = {
  ...owa,
  name: "dns",
  listen: endpoint("198.51.100.10:53/udp"),
  health: [],
  servers: [server("ns1", "10.77.2.11:53/udp"), server("ns2", "10.77.2.12:53/udp")],
};

export const http: RedirectService = {
  kind: "redirect",
  name: "http",
  listen: endpoint("198.51.100.10:80"),
  redirect: "https",
};

/** A balance that is stepped like the daemon does it, with a clock that the test turns. */
export class BalanceRun {
  now: Instant = instantOf(1_000_000);
  state: BalanceState;
  /** All since the last {@link take}. */
  private effects: BalanceEffect[] = [];

  constructor(services: Parameters<typeof initialBalance>[0], spread = 0.3, redirectPort?: number) {
    this.state = initialBalance(services, this.now, spread, redirectPort);
  }

  step(event: BalanceEvent): this {
    const { state, effects } = stepBalance(this.state, event, this.now);
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  /** Steps deadlines until `answer` has answered all probes of `forMillis`; a probe takes no time. */
  run(forMillis: number, answer: (key: string) => boolean | undefined): this {
    const end = this.now + forMillis;
    for (let due = nextDeadline(this.state); due !== undefined && due <= end; due = nextDeadline(this.state)) {
      this.now = instantOf(Math.max(this.now, due));
      const before = this.effects.length;
      this.step({ type: "deadlineReached" });
      for (const effect of this.effects.slice(before)) if (effect.type === "probe") this.answer(effect, answer);
    }
    this.now = instantOf(end);
    return this;
  }

  /** The effects since the last call. */
  take(): readonly BalanceEffect[] {
    const taken = this.effects;
    this.effects = [];
    return taken;
  }

  get ruleset(): Ruleset {
    return this.state.ruleset ?? { strays: "drop", services: [] };
  }

  /** Who gets new connections of the service now. */
  eligible(service = "owa"): readonly string[] {
    const rules = this.ruleset.services.find(({ name }) => name === service);
    return rules?.kind === "balanced" ? rules.eligible.map(({ name }) => name) : [];
  }

  private answer(probe: Extract<BalanceEffect, { type: "probe" }>, answer: (key: string) => boolean | undefined) {
    const { service, server: name, round } = probe;
    const ok = answer(`${service}/${name}`);
    if (ok === undefined) return;
    const because = ok ? "connected in 1 ms" : "connection refused";
    this.step({ type: "probeAnswered", service, server: name, ok, because, round });
  }
}
