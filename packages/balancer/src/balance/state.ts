import type { Admin, Health, Instant, Server, Service } from "@vipair/model";
import type { HealthState } from "../health/health.js";
import type { Ruleset } from "../ruleset/ruleset.js";
import type { StrayState } from "../stray/stray.js";
import type { ProbeTimes } from "./probeTimes.js";

/**
 * The balance: which servers may get new connections. Results of probes, the operator's words and the peer's view come
 * in; out come probes to start, the ruleset to put into the kernel, and connections to cut. Deadlines are part of the
 * state, so the daemon keeps one timer for the earliest of them.
 */
export interface BalanceState {
  readonly services: readonly ServiceState[];
  /** 0 to 1: shifts this node's probes, so that two nodes do not probe a server at the same moment. */
  readonly spread: number;
  /** Where redirect services are answered on this node; without it they are refused. */
  readonly redirectPort: number | undefined;
  /** What becomes of packets that no connection here is known for. */
  readonly strays: StrayState;
  /** The last probe's round. */
  readonly round: number;
  /** The ruleset that was asked for last; `undefined` until the first step. */
  readonly ruleset: Ruleset | undefined;
}

export interface ServiceState {
  readonly service: Service;
  /** The conntrack mark of its connections. */
  readonly mark: number;
  /** In the order of the configuration; none for a redirect service. */
  readonly servers: readonly ServerState[];
}

export interface ServerState {
  readonly server: Server;
  readonly health: HealthState;
  /** Why health is what it is, in the words of the last probe. */
  readonly because: string;
  /** How the peer sees it, when it has said so. */
  readonly peerHealth: Health | undefined;
  readonly admin: Admin;
  /** Draining only: when the remaining connections are cut. */
  readonly drainUntil: Instant | undefined;
  readonly probing: Probing;
  /** `undefined` without health checks. */
  readonly probeTimes: ProbeTimes | undefined;
}

/** Where a server's probes stand; a probe never starts while the one before it is running. */
export type Probing =
  /** No health checks. */
  | { readonly type: "never" }
  | { readonly type: "waiting"; readonly due: Instant }
  | { readonly type: "running"; readonly round: number; readonly since: Instant };

export function findServer(state: BalanceState, service: string, server: string): ServerState | undefined {
  const found = state.services.find((candidate) => candidate.service.name === service);
  return found?.servers.find((candidate) => candidate.server.name === server);
}
