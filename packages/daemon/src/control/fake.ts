import type {
  ConnectionReport,
  EventReport,
  FailoverPlan,
  StatusReport,
  SyncStatusReport,
  TimelinePeer,
  TimelineReport,
  TuningStatusReport,
  VerifyReport,
} from "@vipair/model";
import { type AdminChange, type ConnectionFilter, type Control, Refused } from "./control.js";

/** A daemon for tests: answers from values that the test may change, and keeps what it was told to do. */
export class FakeControl implements Control {
  readonly past: EventReport[] = [];
  readonly done: string[] = [];
  readonly #listeners = new Set<(event: EventReport) => void>();
  /** The next action fails with this. */
  fault: Error | undefined;
  plan: FailoverPlan = { possible: true, reasons: [], sentences: ["lb2 becomes active."] };

  /** What is listed, in pieces. */
  listed: Iterable<readonly ConnectionReport[]> = [];
  syncStatus: SyncStatusReport = { connected: true, since: "2026-01-01T00:00:00.000Z", protectedShare: 1, nodes: [] };
  tuned: TuningStatusReport = { nodes: [] };
  verified: VerifyReport | undefined;
  timelinePeer: TimelinePeer = { node: "lb2", reached: true, offsetMs: 0, uncertaintyMs: 0.2 };

  constructor(public report: StatusReport) {}

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Something happens: it is kept, and every follower hears it. */
  emit(event: EventReport): void {
    this.past.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  status = () => this.report;

  recounts = 0;
  async recount(): Promise<void> {
    this.recounts++;
  }

  events(since = 0): readonly EventReport[] {
    return this.past.filter((event) => Date.parse(event.at) >= since);
  }

  followEvents(listener: (event: EventReport) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async timeline(): Promise<TimelineReport> {
    return { peer: this.timelinePeer, events: this.past };
  }

  followTimeline(listener: (event: EventReport) => void): () => void {
    for (const event of this.past) listener(event);
    return this.followEvents(listener);
  }

  async failover({ force }: { force: boolean }) {
    this.#act(`failover${force ? " force" : ""}`);
    if (!this.plan.possible && !force) throw new Refused("the standby is not ready", this.plan.reasons);
    return { from: this.report.node, to: this.report.peer.node, tookMs: 3.2, connections: 41210 };
  }

  explainFailover = async () => this.plan;

  async setMaintenance({ on, force }: { on: boolean; force: boolean }) {
    this.#act(`maintenance ${on ? "on" : "off"}${force ? " force" : ""}`);
    this.report = { ...this.report, maintenance: on };
  }

  setAdmin({ service, server, admin, deadlineMs }: AdminChange): void {
    this.#act(`${admin} ${service}/${server}${deadlineMs === undefined ? "" : ` ${deadlineMs}`}`);
  }

  async *connections({ service, server, unprotected }: ConnectionFilter) {
    this.#act(`connections ${service ?? "*"} ${server ?? "*"}${unprotected ? " unprotected" : ""}`);
    yield* this.listed;
  }

  sync = () => this.syncStatus;

  tuning = () => this.tuned;

  async verify({ repair }: { repair: boolean }) {
    this.#act(`verify${repair ? " repair" : ""}`);
    if (this.verified === undefined) throw new Refused("the peer link is down: there is nothing to compare with");
    return this.verified;
  }

  why = async (subject: string) => [`${subject} is as it is because the test says so.`];

  configText = () => "pair:\n  name: mail\n";

  #act(what: string): void {
    const fault = this.fault;
    this.fault = undefined;
    if (fault !== undefined) throw fault;
    this.done.push(what);
  }
}
