/** Connections that were not on the standby as they are on the active node. */
export interface DriftReport {
  /** Not in the standby's kernel. */
  readonly missing: number;
  /** In the standby's kernel alone. */
  readonly surplus: number;
  /** In both, in different states. */
  readonly different: number;
}

interface ReplicationCounts {
  /** Replicated connections: the source's own, or those that the replica holds. */
  readonly connections: number;
  /** Of these, the ones that are in both kernels as they are now. */
  readonly protected: number;
  /** Bytes of memory that the mirror of the connections takes. */
  readonly bytes: number;
  readonly framesSent: number;
  readonly framesReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Frames of the peer that were none, that made no sense, or that came from a source with a lower term. */
  readonly refusedFrames: number;
  /** How often the kernel told more than was read, so that its table was read anew. */
  readonly overruns: number;
}

/** The active node's side of the replication. */
export interface SourceReport extends ReplicationCounts {
  readonly role: "source";
  /** Age of the oldest change that the standby has not acknowledged. */
  readonly lagMs: number;
  /** Changes that were not sent yet. */
  readonly waiting: number;
  /** Changes that were sent and are not acknowledged yet. */
  readonly unacknowledged: number;
  /** Ends of connections among these. */
  readonly tombstones: number;
  /** Connections that the standby's kernel refused or lost, and that will be sent again. */
  readonly lost: number;
  /** How often the two nodes' connections were compared, and when last. */
  readonly comparisons: number;
  readonly comparedAt?: string;
}

/** The standby's side of the replication. */
export interface ReplicaReport extends ReplicationCounts {
  readonly role: "replica";
  readonly inStep: boolean;
  /** Found when the peer link opened, and brought. */
  readonly caughtUp: DriftReport;
  /** Found later, and repaired: should stay 0. */
  readonly drift: DriftReport;
  readonly driftAt?: string;
  /** Connections that this node's kernel lost, by somebody's hand or by time. */
  readonly lost: number;
  /** Connections that this node's kernel refused. */
  readonly refusedInserts: number;
}

/** How one node takes part in the replication of connections. What is counted is counted since it took this role. */
export type ReplicationReport = SourceReport | ReplicaReport;

/** `vipair sync status --json`: both nodes' views. */
export interface SyncStatusReport {
  readonly connected: boolean;
  /** Since when the peer link is up, or down. */
  readonly since: string;
  /** From 0 to 1; 1 when there are no connections. */
  readonly protectedShare: number;
  readonly nodes: readonly SyncNodeReport[];
}

export interface SyncNodeReport {
  readonly node: string;
  /** Absent for a peer that has not said. */
  readonly replication?: ReplicationReport;
}

/** Whether the standby has a connection: acknowledged, sent, not there; `held` on the standby, for the active node. */
export type Protection = "yes" | "sent" | "no" | "opening" | "held";

/** One line of `vipair connections`. */
export interface ConnectionReport {
  /** By name; the mark in hexadecimal when no service of the configuration has it. */
  readonly service: string;
  readonly protocol: string;
  readonly client: string;
  readonly listener: string;
  /** Address and port of the real server. */
  readonly server: string;
  /** Its name in the configuration. */
  readonly serverName?: string;
  /** Of TCP, as `conntrack -L` has it; else `ASSURED`, `REPLIED` or `UNREPLIED`. */
  readonly state: string;
  /** Seconds until the kernel forgets it, if no packet comes. */
  readonly timeLeft: number;
  readonly protection: Protection;
}

/** What `vipair sync verify` found in the two nodes' kernels. */
export interface VerifyReport {
  /** Nothing differs, or nothing does any more. */
  readonly clean: boolean;
  readonly active: string;
  readonly standby: string;
  /** Connections of the active node that were compared. */
  readonly connections: number;
  /** What was found at first. */
  readonly found: DriftReport;
  /** What still differs. */
  readonly remaining: DriftReport;
  /** How many of those that were found differ no more. */
  readonly repaired: number;
  /** Some of what was found at first, or of what remains, one sentence each. */
  readonly examples: readonly string[];
  /** Whether everything was looked at; else so much differs that there may be more than what was found. */
  readonly complete: boolean;
  /** How often the tables were looked at. */
  readonly rounds: number;
  readonly tookMs: number;
}
