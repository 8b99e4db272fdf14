import type {
  Instant,
  Pair,
  PathReport,
  Piece,
  Reach,
  Role,
  RoleReason,
  ServerCount,
  TakeoverReport,
  VirtualAddress,
} from "@vipair/model";
import type { Freeze } from "./freeze/freeze.js";

/** What the balancer tells its agent over the process channel. */
export type AgentCommand =
  /** The first message: everything a takeover needs, before it is needed. */
  | {
      readonly type: "configure";
      readonly node: string;
      readonly pair: Pair;
      readonly addresses: readonly VirtualAddress[];
      readonly configDigest: bigint;
      /** What the recording says of this program. */
      readonly version: string;
      readonly recording: boolean;
      /** The file descriptor by which the agent tells the fast path when its lease ends; none without a fast path. */
      readonly leaseEnd?: number;
    }
  /** What was recorded is lost, or its file is full: the next piece opens. */
  | { readonly type: "recordAnew" }
  /** The rules are in the kernel: take part in the election. */
  | { readonly type: "start" }
  /** Sign of life; when it stays away the agent gives up ownership. */
  | { readonly type: "alive" }
  | { readonly type: "ready"; readonly ready: boolean }
  /** Something that the balancer looks at for the election (`gateway 198.51.100.1`) failed or recovered. */
  | { readonly type: "track"; readonly track: string; readonly ok: boolean }
  /** The balancer's view of the real servers changed. */
  | { readonly type: "servers"; readonly servers: ServerCount }
  /** The services changed; the pair and its addresses did not. */
  | { readonly type: "configDigest"; readonly configDigest: bigint }
  | { readonly type: "maintenance"; readonly on: boolean }
  /** The peer link told the peer's term, which an advertisement of VRRP does not say. */
  | { readonly type: "peerTerm"; readonly term: number }
  /** The hand-over is prepared: pass ownership now. */
  | { readonly type: "handover"; readonly force: boolean }
  /** Announce the addresses, if the node is active. */
  | { readonly type: "announce" }
  /** Give up ownership, remove everything from the kernel, end. */
  | { readonly type: "stop" };

/** How the agent sees the peer, from its heartbeats or advertisements alone. */
export interface PeerView {
  /** When its newest heartbeat arrived, on the clock that both processes of the node share. */
  readonly heardAt: Instant;
  readonly role: Role;
  /** Heard within the active down interval. */
  readonly reachable: boolean;
  readonly priority: number;
  /** `undefined` here and below: an advertisement of VRRP does not say. */
  readonly ready: boolean | undefined;
  readonly eligible: boolean | undefined;
  readonly maintenance: boolean | undefined;
  /** The peer hears this node. */
  readonly hearing: boolean | undefined;
  /** The peer runs the same configuration. */
  readonly sameConfig: boolean | undefined;
  readonly reach: Reach | undefined;
  /** Its version knows nothing of reach. */
  readonly older: boolean;
}

/** What the agent knows, sent on every change and at least once a second. */
export interface AgentReport {
  readonly role: Role;
  readonly reason: RoleReason;
  /** When the role was taken: ISO 8601. */
  readonly since: string;
  readonly term: number;
  readonly priority: number;
  readonly eligible: boolean;
  /** Tracks that fail: `interface eth0`. */
  readonly failedTracks: readonly string[];
  /** What this node reaches; absent with VRRP, which does not compare it. */
  readonly reach?: Reach;
  readonly takeover: TakeoverReport;
  readonly peer: PeerView | undefined;
  readonly paths: readonly PathReport[];
  readonly held: readonly string[];
  readonly scheduling: "fifo" | "nice" | "normal";
  readonly memoryLocked: boolean;
  /** Datagrams that were refused, by reason: wrongMac, replayed, unproven, wrongHops, wrongChecksum, … */
  readonly refused: Readonly<Record<string, number>>;
}

export interface RoleChange {
  /** When it was decided. */
  readonly at: Instant;
  readonly from: Role;
  readonly to: Role;
  readonly reason: RoleReason;
  readonly term: number;
  /** From the event that decided to the last effect performed, in milliseconds. */
  readonly tookMs: number;
  /** What the two nodes reached, as far as known. */
  readonly reach?: Reach;
  readonly peerReach?: Reach;
  /** How long before that the peer was last heard, in milliseconds; `undefined` when it never was. */
  readonly heardMs: number | undefined;
}

/** What the agent tells the balancer. */
export type AgentMessage =
  | { readonly type: "opened" }
  /** What is urgent should be on disk before anything else happens. */
  | { readonly type: "recorded"; readonly piece: Piece; readonly urgent: boolean }
  | { readonly type: "failed"; readonly error: string }
  | { readonly type: "report"; readonly report: AgentReport }
  | { readonly type: "roleChanged"; readonly change: RoleChange }
  | { readonly type: "handoverRequested" }
  | { readonly type: "handoverRefused"; readonly reason: string }
  | { readonly type: "restored"; readonly what: string }
  | { readonly type: "refused"; readonly error: string }
  | { readonly type: "conflict"; readonly yields: boolean }
  /** The addresses were announced once. */
  | { readonly type: "announced" }
  /** The agent did not run for longer than a lease lasts. */
  | { readonly type: "frozen"; readonly freeze: Freeze }
  /** The peer is silent on every path, and this node stays backup because no witness answers. */
  | { readonly type: "unwitnessed" }
  /** The peer fell silent on one path, or is heard there again, while it is heard on `others`. */
  | { readonly type: "pathChanged"; readonly path: string; readonly up: boolean; readonly others: readonly string[] };
