import type {
  Admin,
  ConnectionReport,
  EventReport,
  FailoverPlan,
  FailoverReport,
  Millis,
  StatusReport,
  SyncStatusReport,
  TimelineReport,
  TuningStatusReport,
  VerifyReport,
} from "@vipair/model";
import { ask, openAnswer, readLines, unreachable } from "./connection.js";

/** A hand-over waits for the peer, which drains and inserts connections first. */
const failoverTimeoutMs = 30_000;
/** Both nodes read their kernels several times. */
const verifyTimeoutMs = 120_000;

/** Which connections are wanted; all where nothing is said. */
export interface ConnectionFilter {
  readonly service?: string | undefined;
  readonly server?: string | undefined;
  readonly unprotected: boolean;
}

/** Which events are wanted; all where nothing is said. */
export interface TimelineFilter {
  /** In milliseconds since 1970-01-01 UTC. */
  readonly since?: number | undefined;
  readonly node?: string | undefined;
}

const timelineQuery = ({ since, node }: TimelineFilter): URLSearchParams =>
  new URLSearchParams({ ...(since !== undefined && { since: String(since) }), ...(node !== undefined && { node }) });

/** The daemon as the command sees it: one method for each route of the control socket. */
export class Daemon {
  constructor(readonly socketPath: string) {}

  status(timeoutMs?: number): Promise<StatusReport> {
    return this.#get("/status", timeoutMs);
  }

  timeline(filter: TimelineFilter): Promise<TimelineReport> {
    return this.#get(`/timeline?${timelineQuery(filter)}`);
  }

  /** Past events, then every further one, until the signal; throws when the daemon goes away. */
  async *followTimeline(filter: TimelineFilter, signal: AbortSignal): AsyncGenerator<EventReport> {
    const path = `/timeline?follow=true&${timelineQuery(filter)}`;
    try {
      const answer = await openAnswer(this.socketPath, { method: "GET", path, signal });
      for await (const line of readLines(this.socketPath, answer)) yield JSON.parse(line) as EventReport;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    if (!signal.aborted) throw unreachable(this.socketPath, Object.assign(new Error(), { code: "ECONNRESET" }));
  }

  /** In the kernel's order, while they are read. */
  async *connections({ service, server, unprotected }: ConnectionFilter): AsyncGenerator<ConnectionReport> {
    const query = new URLSearchParams({
      ...(service !== undefined && { service }),
      ...(server !== undefined && { server }),
      unprotected: String(unprotected),
    });
    const answer = await openAnswer(this.socketPath, { method: "GET", path: `/connections?${query}` });
    for await (const line of readLines(this.socketPath, answer)) yield JSON.parse(line) as ConnectionReport;
  }

  sync(): Promise<SyncStatusReport> {
    return this.#get("/sync");
  }

  tuning(): Promise<TuningStatusReport> {
    return this.#get("/tuning");
  }

  verify(repair: boolean): Promise<VerifyReport> {
    return this.#post("/sync/verify", { repair }, verifyTimeoutMs);
  }

  failover(force: boolean): Promise<FailoverReport> {
    return this.#post("/failover", { force }, failoverTimeoutMs);
  }

  explainFailover(): Promise<FailoverPlan> {
    return this.#post("/failover", { explain: true });
  }

  setMaintenance(on: boolean, force: boolean): Promise<{ maintenance: boolean }> {
    return this.#post("/maintenance", { on, force }, failoverTimeoutMs);
  }

  setAdmin(service: string, server: string, admin: Admin, deadlineMs: Millis | undefined): Promise<object> {
    const path = `/servers/${encodeURIComponent(service)}/${encodeURIComponent(server)}`;
    return this.#post(path, { admin, ...(deadlineMs !== undefined && { deadlineMs }) });
  }

  why(subject: string): Promise<{ subject: string; sentences: string[] }> {
    return this.#get(`/why?subject=${encodeURIComponent(subject)}`);
  }

  configText(): Promise<string> {
    return ask(this.socketPath, { method: "GET", path: "/config" });
  }

  async #get<Answer>(path: string, timeoutMs?: number): Promise<Answer> {
    return JSON.parse(await ask(this.socketPath, { method: "GET", path, ...(timeoutMs && { timeoutMs }) })) as Answer;
  }

  async #post<Answer>(path: string, body: object, timeoutMs?: number): Promise<Answer> {
    const text = await ask(this.socketPath, { method: "POST", path, body, ...(timeoutMs && { timeoutMs }) });
    return JSON.parse(text) as Answer;
  }
}
