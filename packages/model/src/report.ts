import type { FreezeReport } from "./freeze.js";
import type { Reach } from "./reach.js";
import type { DriftReport, ReplicationReport } from "./replication.js";
import type { TuningReport } from "./tuning.js";

/**
 * What the product tells people: the JSON of the control socket, shared by the daemon that fills it and the admin
 * command that shows it. Fields may be added, never renamed. Times are ISO 8601 in UTC.
 */
export type Role = "initialize" | "backup" | "active";
export type Health = "up" | "down" | "unknown";
export type Admin = "enabled" | "draining" | "disabled";

/** Why a role changed; each has one sentence in docs/failover.md. */
export type RoleReason =
  | "start"
  | "silence" // the peer was not heard for the active down interval
  | "resignation" // the active peer gave up ownership and said so
  | "peerDied" // the lifeline closed: the peer's agent is gone, and its lease with it
  | "handover" // planned: `vipair failover`, `maintenance on`, or preemption
  | "betterPlaced" // planned: the node that serves now reaches more than the one that served
  | "preemption" // vrrp: a router of lower priority was active
  | "yielded" // two active nodes heard each other, and this one gave way
  | "leaseLapsed" // this node was stalled longer than its lease lasts
  | "interfaceDown" // a tracked interface lost its carrier
  | "trackFailed" // another decisive track failed
  | "kernelRefused" // the kernel refused the lease or an address
  | "balancerLost" // the balancer died or stopped answering
  | "shutdown";

export interface ServerReport {
  readonly name: string;
  readonly address: string;
  readonly health: Health;
  readonly admin: Admin;
  readonly weight: number;
  readonly connections: number;
  /** New connections since the rules were loaded, and per second over the last few seconds. */
  readonly totalConnections: number;
  readonly connectionsPerSecond: number;
  /** Why health is what it is: `https 200 in 3 ms`, `connection refused`. */
  readonly because: string;
  /** How the other node sees it; `undefined` while the peer link is down. */
  readonly peerHealth?: Health;
}

/** How a service sends clients to the servers that they had before. */
export interface PersistenceReport {
  /** Length of the client prefix that sticks together. */
  readonly prefix: number;
  readonly timeoutSeconds: number;
  /** Clients that are remembered now, and the most there may be. */
  readonly clients: number;
  readonly most: number;
  /** Connections whose clients found no room, since the rules were loaded. */
  readonly unkept: number;
}

export interface ServiceReport {
  readonly name: string;
  readonly listen: string;
  readonly mode: string;
  readonly scheduler: string;
  /** At least one server is up, or a sorry server stands in. */
  readonly up: boolean;
  /** Resets that told ends of connections which this node does not know, such as a failover could not save. */
  readonly resets?: number;
  readonly persistence?: PersistenceReport;
  readonly servers: readonly ServerReport[];
}

export interface AddressReport {
  readonly address: string;
  readonly interface: string;
  /** The virtual router's device on this interface that has it, and the device's link-layer address; absent without one. */
  readonly device?: string;
  readonly mac?: string;
  readonly held: boolean;
}

/** Something that the node's priority, or its being active at all, depends on. */
export interface TrackReport {
  /** `interface eth0`, `gateway 198.51.100.1`, `script /bin/x`, `service owa`, `stability`. */
  readonly track: string;
  readonly ok: boolean;
  /** What priority the node loses while it fails; absent: it may not be active. */
  readonly weight?: number;
  /** `answers on eth0`, `exit status 1, failure 2 of 3`; absent for an interface. */
  readonly because?: string;
}

export interface PathReport {
  /** `eth0`, `sync` or `lifeline`. */
  readonly path: string;
  readonly up: boolean;
  /** Milliseconds since the peer was last heard here; absent when never. */
  readonly lastHeardMs?: number;
  /** Of the last 1000 heartbeats of the peer's present lifetime, the share that did not arrive here: 0 to 1. */
  readonly loss?: number;
  /** Milliseconds between two heartbeats here: 99 of 100 pauses were no longer, and the longest of all. */
  readonly gapP99Ms?: number;
  readonly gapWorstMs?: number;
  /** Whether the peer says that it hears this node here; absent while it says nothing of it. */
  readonly peerHears?: boolean;
}

export interface PeerReport {
  readonly node: string;
  readonly role: Role;
  readonly reachable: boolean;
  /** It is not heard, but need not be: with VRRP only the active router speaks. */
  readonly silent?: boolean;
  readonly ready: boolean;
  readonly maintenance?: boolean;
  readonly priority?: number;
  /** What it says that it reaches; absent while it does not. */
  readonly reach?: Reach;
  /** Its heartbeats are those of an older version, which does not say what it reaches. */
  readonly older?: boolean;
  readonly version?: string;
  /** The peer's own report, as last received over the peer link. */
  readonly report?: NodeReport;
}

export interface SyncReport {
  readonly connected: boolean;
  /** Since when the peer link is up, or down. */
  readonly since: string;
  readonly connections: number;
  readonly protected: number;
  /** From 0 to 1; 1 when there are no connections. */
  readonly protectedShare: number;
  readonly lagMs: number;
  /** On the active node: changes that were not sent yet, and those that were and are not acknowledged. */
  readonly waiting?: number;
  readonly unacknowledged?: number;
  /** On the active node: connections that the standby's kernel refused or lost, and that will be sent again. */
  readonly lost?: number;
  /** What the standby says that it found and had repaired, and when last; absent while it says nothing. */
  readonly drift?: DriftReport & { readonly repairedAt?: string };
  /** Connections that the standby's kernel refused; absent while it says nothing. */
  readonly refusedInserts?: number;
  /** Clients that services remember, and how many of them the standby remembers, too. */
  readonly persistence?: { readonly clients: number; readonly protected: number };
}

/** What keeps a node from becoming active, and how soon it would. */
export interface TakeoverReport {
  /** Why it may not be active; empty when it may. */
  readonly obstacles: readonly string[];
  /** Why it does not ask the active node for ownership; empty when it does. VRRP has no such question. */
  readonly claimObstacles?: readonly string[];
  /** After so long a silence on every path it takes over (Active_Down_Interval). */
  readonly silenceMs: number;
  /** So long after the lifeline proved that the active node's agent is gone. VRRP has no lifeline. */
  readonly lifelineMs?: number;
}

/** Whether an active node is reachable at its addresses, and alone there. */
export interface PresenceReport {
  /** What came of the last takeover or conflict; absent while the proof is under way. */
  readonly convergence?: ConvergenceReport;
  /** Who else answers for addresses now. */
  readonly others: readonly OtherReport[];
}

export interface ConvergenceReport {
  /** Traffic arrives on every interface with addresses. */
  readonly proved: boolean;
  /** `converged in 12 ms, 1 round of announcements: traffic arrives on eth0, eth1`. */
  readonly message: string;
  readonly rounds: number;
  /** Absent when nothing arrived. */
  readonly tookMs?: number;
}

export interface OtherReport {
  readonly address: string;
  readonly interface: string;
  readonly mac: string;
}

/** What one node says about itself. */
export interface NodeReport {
  readonly node: string;
  readonly version: string;
  readonly role: Role;
  readonly since: string;
  readonly reason: RoleReason;
  /** What came out later about the reason: `lb1 was frozen for 2.8 s (stopped)`. */
  readonly explanation?: string;
  readonly ready: boolean;
  /** What is missing until the node is ready. */
  readonly missing: readonly string[];
  readonly maintenance: boolean;
  readonly priority: number;
  readonly term: number;
  readonly addresses: readonly AddressReport[];
  readonly heartbeat: readonly PathReport[];
  readonly tracks?: readonly TrackReport[];
  /** What the node reaches of what serving needs; absent with VRRP. */
  readonly reach?: Reach;
  /** Packets on the heartbeat paths that were refused since the agent started, by reason: `wrongMac`, `replayed`, … */
  readonly refused?: Readonly<Record<string, number>>;
  readonly services: readonly ServiceReport[];
  /** Absent while the agent is not running. */
  readonly takeover?: TakeoverReport;
  readonly replication?: ReplicationReport;
  /** Absent unless the node is active. */
  readonly presence?: PresenceReport;
  /** The last freeze of its agent, if it was not long ago. */
  readonly frozen?: FreezeReport;
  /** How its host is set, and what would be better. */
  readonly tuning?: TuningReport;
  /** Absent where none is configured. */
  readonly fastPath?: FastPathReport;
}

/** The way of busy connections past conntrack and the rules. */
export interface FastPathReport {
  /** False when the kernel refused it: everything takes the ordinary way. */
  readonly open: boolean;
  /** Connections that it carries now; 0 on a node that is not active. */
  readonly connections: number;
  /** Services whose connections begin there; absent where none may. */
  readonly services?: number;
}

/** `vipair status --json`. */
export interface StatusReport extends NodeReport {
  readonly peer: PeerReport;
  readonly sync: SyncReport;
}

export type EventKind =
  | "roleChanged"
  | "healthChanged"
  | "adminChanged"
  | "peerChanged"
  | "restored" // something of ours was removed by others and put back
  | "refused" // the kernel refused something
  | "configChanged"
  | "trackChanged" // something that the election tracks failed or recovered
  | "pathChanged" // the peer fell silent on one heartbeat path while it is heard on another, or is heard there again
  | "conflict" // two active nodes heard each other
  | "converged" // after a takeover or a conflict: whether traffic arrives here
  | "addressConflict" // somebody else answers for an address of ours
  | "frozen" // a node did not run for a while
  | "tuning" // the host is set so that connections are, or would be, refused
  | "strays" // packets that found no connection, or came to a node that had handed over
  | "incident" // ownership passed: what the events of both nodes say of the time between the owners
  | "started"
  | "stopped";

/** One line of `vipair events`. */
export interface EventReport {
  readonly at: string;
  readonly node: string;
  readonly kind: EventKind;
  /** One sentence for people. */
  readonly message: string;
  /** The same as data: `from`, `to`, `reason`, `tookMs`, `service`, `server`, … */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
  /** The same moment in milliseconds on the node's CLOCK_BOOTTIME, and the boot it counts from. */
  readonly instant?: number;
  readonly boot?: string;
  /** In a timeline: what the clock of the event's node said, where `at` is the time of the node that was asked. */
  readonly clockAt?: string;
}

/** What both nodes say happened: `vipair events`. */
export interface TimelineReport {
  readonly peer: TimelinePeer;
  /** In order, in the time of the node that was asked; an `incident` follows the events that it is made of. */
  readonly events: readonly EventReport[];
}

export interface TimelinePeer {
  readonly node: string;
  /** Its events are among the others. */
  readonly reached: boolean;
  /** Why not. */
  readonly because?: string;
  /** What its clock is ahead of this node's, measured over the peer link, and how far that may be off. */
  readonly offsetMs?: number;
  readonly uncertaintyMs?: number;
}

/** What `vipair failover` says when it is done. */
export interface FailoverReport {
  readonly from: string;
  readonly to: string;
  /** From the moment the active node gave up ownership until the other said that it has it. */
  readonly tookMs: number;
  /** Connections that were carried over to the other node's kernel before ownership passed. */
  readonly connections: number;
  /**
   * Connections that were not carried over: few that the standby's kernel refused, or all of them where a forced hand-over
   * had no peer link. Absent when there were none.
   */
  readonly notCarried?: number;
}

/** What `vipair failover --explain` says: what would happen now, without doing it. */
export interface FailoverPlan {
  /** Whether a hand-over would be accepted without `--force`. */
  readonly possible: boolean;
  /** Why not; empty when possible. */
  readonly reasons: readonly string[];
  /** The steps, one sentence each, in order. */
  readonly sentences: readonly string[];
  /** Who would hand over to whom; absent here and below while neither node is active, or the active one cannot be asked. */
  readonly from?: string;
  readonly to?: string;
  /** What a hand-over asks of the standby; only the active node can say. */
  readonly gates?: readonly GateReport[];
  readonly expected?: ExpectedGap;
  readonly connections?: { readonly total: number; readonly protected: number };
  /** Servers that the two nodes see differently: new connections may go elsewhere afterwards. */
  readonly differing?: readonly DifferingServer[];
}

/** One condition of a hand-over. */
export interface GateReport {
  readonly gate: string;
  readonly open: boolean;
  /** Why it is shut; empty when it is open. */
  readonly reasons: readonly string[];
}

/** How long the addresses would have no owner, in milliseconds. */
export interface ExpectedGap {
  /** Of the last planned hand-overs, as far as they were measured; newest last. */
  readonly planned: readonly number[];
  /** If the active node fell silent now, or its agent died; absent while the standby does not say. */
  readonly silenceMs?: number;
  readonly lifelineMs?: number;
}

export interface DifferingServer {
  /** `owa/ex3` */
  readonly server: string;
  readonly active: Health;
  readonly standby: Health;
}

/** The body of every refusal (HTTP status 4xx or 5xx): the reason, fit for standard error. */
export interface Refusal {
  readonly error: string;
  readonly reasons?: readonly string[];
}
