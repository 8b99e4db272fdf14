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

/**
 * The control socket: how the admin command, or `curl --unix-socket`, asks the daemon something or tells it to act.
 *
 *     vipair ──HTTP, JSON──▶ socket ──▶ routes ──▶ Control (the daemon)
 *
 * The routes know nothing of balancing and elections: they read a request, ask the `Control`, and write its answer. A
 * `Control` that says no throws {@link Refused}, which reaches the operator word for word.
 */
export interface Control {
  status(): StatusReport;
  /** Has connections counted that nobody counts unless asked, and resolves when that is done, or takes too long. */
  recount(): Promise<void>;
  /**
   * Past events, oldest first, as many as the daemon keeps.
   * @param since only those at or after this point, in milliseconds since 1970-01-01 UTC
   */
  events(since?: number): readonly EventReport[];
  /** What both nodes say happened, in this node's time. */
  timeline(): Promise<TimelineReport>;
  /** Calls the listener with the whole timeline, then with what comes; the answer ends that. */
  followTimeline(listener: (event: EventReport) => void): () => void;
  /** Calls the listener with every event from now on; the answer ends that. */
  followEvents(listener: (event: EventReport) => void): () => void;
  /** Hands over to the standby and resolves when it is done. Rejects with {@link Refused}. */
  failover(options: { readonly force: boolean }): Promise<FailoverReport>;
  explainFailover(): Promise<FailoverPlan>;
  /** Resolves when the node is out of service (or may take part again). Rejects with {@link Refused}. */
  setMaintenance(options: { readonly on: boolean; readonly force: boolean }): Promise<void>;
  /** Service and server exist when this is called. Throws {@link Refused}. */
  setAdmin(change: AdminChange): void | Promise<void>;
  /** Live connections as the kernel has them, some at a time, in its order. The service and the server exist. */
  connections(filter: ConnectionFilter): AsyncIterable<readonly ConnectionReport[]>;
  /** How the replication stands, by both nodes' words. */
  sync(): SyncStatusReport;
  /** How both nodes' hosts are set, this one's as it is now. */
  tuning(): TuningStatusReport;
  /** Compares both nodes' kernels, and repairs what differs if wanted. Rejects with {@link Refused}. */
  verify(options: { readonly repair: boolean }): Promise<VerifyReport>;
  /** Sentences about `active`, `standby`, a service, or `service/server`, which exist when this is called. */
  why(subject: string): Promise<readonly string[]>;
  /** The configuration in force, as YAML. */
  configText(): string;
}

/** What an operator wants of one real server. */
export interface AdminChange {
  readonly service: string;
  readonly server: string;
  readonly admin: Admin;
  /** For `draining`: cut what still lives after this long; without it, connections may live as long as they like. */
  readonly deadlineMs?: Millis;
}

/** Which connections are wanted; all where nothing is said. */
export interface ConnectionFilter {
  readonly service?: string | undefined;
  /** By name, of that service. */
  readonly server?: string | undefined;
  /** Only those that the standby should have, and has not acknowledged. */
  readonly unprotected: boolean;
}

/** The daemon will not do what was asked, and says why. */
export class Refused extends Error {
  /** @param reasons the single obstacles, when there are several */
  constructor(
    message: string,
    readonly reasons?: readonly string[],
  ) {
    super(message);
    this.name = "Refused";
  }
}
