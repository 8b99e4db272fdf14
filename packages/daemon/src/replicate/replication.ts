import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { bootClock } from "@vipair/kernel";
import type { DriftReport, Instant, Protection, ReplicationReport, Role } from "@vipair/model";
import {
  becomeReplica,
  becomeSource,
  emptyHoldings,
  type Renewal,
  Replica,
  type ReplicaEffect,
  type Source,
  type TakeConnection,
} from "@vipair/sync";
import { atBeat } from "../pace.js";
import type { PeerLink } from "../pair/link/link.js";
import { openConfirmations } from "./confirmation.js";
import { openDriftWatch } from "./drift.js";
import { openDumps } from "./dumps.js";
import { eitherOf, type Machine } from "./machine.js";
import { openPump } from "./pump.js";
import { openCounts, reportReplica, reportSource } from "./report.js";
import type { RecordBatch, Store } from "./store.js";

/**
 * Keeps a store of the standby in step with the active node's.
 *
 *     active node                                                     standby
 *     store ──events, dumps──► source ──frames on the peer link──► replica ──► store
 *                                ▲────────────── acks ────────────────┘
 *
 * The machines are in `sync`; here they meet the store and the link. A node that is not active is a replica.
 */
export interface Replication {
  /** Replicated records: on the active node its own, on the standby those it holds. */
  readonly records: number;
  /** Of these, the ones that are in both stores. */
  readonly protected: number;
  /** Age of the oldest change that the standby has not confirmed. */
  readonly lagMs: number;
  /** What is missing until the standby has everything that the active node has; `undefined` on the active node. */
  readonly missing: string | undefined;
  /** This node is active, and nothing that the former one knew can still be on its way here. */
  readonly settled: boolean;
  /** All that an operator may want to know of it. */
  report(): ReplicationReport;
  /** Whether the standby has the record with this key: see {@link Protection}. */
  protection(view: DataView, offset: number): Protection;
  /** Calls `take` with each replicated record: on the active node its own, on the standby those it holds. */
  each(take: TakeConnection): void;
  /** What happened in this node's store, by other hands than this replication's. */
  happened(batch: RecordBatch): void;
  /** The store may have lost what it held: puts back what this node knows. */
  putBack(): Promise<void>;
  /** Some of what happened was not told: the store has to be read anew. */
  overran(): void;
  /** What happens is not told from now on, or was not until now: nothing is said of the store before it is read anew. */
  eventsMissed(): void;
  /**
   * Resolves when the standby has confirmed everything that this node's store shows now, with the number of records that
   * its kernel refused twice, or has lost. Rejects when this node is not active, the link is down, or no confirmation came
   * in time.
   */
  flush(): Promise<number>;
  /** Reads this node's store anew, and resolves when that is done. */
  reread(): Promise<void>;
  /** The same where {@link records} may be old, because what happens is not told. */
  recount(): Promise<void>;
  /** Compares with the standby, and resolves when what differed is repaired. Rejects as {@link flush} does. */
  repair(): Promise<void>;
  roleChanged(role: Role, term: number): void;
  /** The active node may learn of a higher term without changing its role. */
  termSeen(term: number): void;
  linkOpened(): void;
  linkClosed(): void;
  frameReceived(frame: Uint8Array): void;
  close(): void;
}

export interface ReplicationOptions {
  readonly store: Store;
  /** When copies are sent again because of their time alone. */
  readonly renewal?: Renewal;
  readonly link: () => Pick<PeerLink, "connected" | "backlog" | "sendFrame">;
  /** Whether {@link Replication.happened} is called for everything that happens. */
  readonly heard: () => boolean;
  readonly refused: (error: string) => void;
  /** On the standby: what was found to differ, though nothing was under way, and is repaired. */
  readonly drifted?: (found: DriftReport) => void;
}

const firstDumpsMs = 1_500;
const overrunPauseMs = 1_000;
/** A node that becomes active first takes what has arrived: until nothing came for a while, but not for ever. */
const drainQuietMs = 10;
const drainMostMs = 200;
const repairWithinMs = 10_000;
const comparedMs = 100;
const supersededForMs = 1_000;

export function openReplication({ store, renewal, link, heard, refused, drifted }: ReplicationOptions): Replication {
  const boot = randomBytes(8).readBigUInt64BE();
  let machine: Machine = { role: "replica", replica: new Replica(emptyHoldings(boot), store.name) };
  let frameAt = bootClock();
  let taking: NodeJS.Timeout | undefined;
  const confirmations = openConfirmations(store.name);
  const options = renewal === undefined ? {} : { renewal };
  const counts = openCounts();
  const drift = openDriftWatch((found) => drifted?.(found));
  const send = (frame: Uint8Array): void => {
    counts.sent(frame);
    link().sendFrame(frame);
  };
  const pump = openPump(() => machine, link, send);
  const dumps = openDumps({ store, machine: () => machine, heard, ended: pump.soon, refused });

  const happened = (batch: RecordBatch): void => {
    const now = bootClock();
    batch((kind, view, offset, byHand) => {
      if (machine.role === "replica") {
        if (kind !== "destroy") return;
        if (byHand) machine.replica.flowRemoved(view, offset);
        else machine.replica.flowExpired(view, offset);
      } else if (kind === "destroy") machine.source.flowGone(view, offset, now);
      else machine.source.flowSeen(view, offset, now);
    });
    if (machine.role === "source") pump.soon();
  };

  const perform = (replica: Replica, effects: readonly ReplicaEffect[]): void => {
    for (const effect of effects) {
      switch (effect.type) {
        case "removeFlows":
          store.remove(effect.records);
          break;
        case "insertFlows":
          store.insert(effect.records, (view, offset) => replica.failed(view, offset));
          break;
        case "sendFrame":
          send(effect.frame);
          break;
        case "confirm":
          perform(replica, replica.performed(effect.token, bootClock()));
          break;
      }
    }
  };

  const linkOpened = (): void => {
    if (machine.role === "replica") perform(machine.replica, machine.replica.linkOpened(bootClock()));
    else machine.source.linkOpened(bootClock());
    pump.soon();
  };
  /** What the former active node had sent before it fell silent waits in the socket: the replica still takes it. */
  const takeOver = (replica: Replica, term: number, since: Instant): void => {
    const now = bootClock();
    if (now - frameAt < drainQuietMs && now - since < drainMostMs) {
      taking = setTimeout(takeOver, drainQuietMs, replica, term, since);
      return;
    }
    taking = undefined;
    become({ role: "source", source: becomeSource(replica, term, now, options) });
    setTimeout(dumps.after, firstDumpsMs, 0).unref();
  };
  /**
   * The standby has seen a higher term. Where another node is active, the heartbeats make this one a replica at once; a
   * source that is one still leads a pair whose agents have both started anew, and count from 1 again.
   */
  const outlast = (superseded: Source, term: number): void => {
    setTimeout(() => {
      if (machine.role !== "source" || machine.source !== superseded) return;
      superseded.raiseTerm(term + 1);
      pump.soon();
    }, supersededForMs).unref();
  };
  const become = (next: Machine): void => {
    machine = next;
    counts.reset();
    drift.reset();
    dumps.after(0);
    if (link().connected) linkOpened();
  };

  /** The active node's machine, while there is a standby to speak to. */
  const source = (): Source => {
    if (!link().connected) throw new Error("the peer link is down");
    if (machine.role !== "source") throw new Error("this node is not active");
    return machine.source;
  };

  /** Resolves when the standby has, or has refused, everything that the source knows now. */
  const confirm = (): Promise<void> =>
    confirmations.ask((token) => {
      source().flush(token, bootClock());
      pump.soon();
    });

  const ticking = atBeat(() => {
    if (machine.role === "replica") {
      perform(machine.replica, machine.replica.tick(bootClock()));
      return drift.look(machine.replica.drift);
    }
    machine.source.tick(bootClock());
    pump.soon();
  });
  dumps.after(0);

  return {
    get records() {
      return machine.role === "source" ? machine.source.live : machine.replica.size;
    },
    get protected() {
      if (machine.role === "source") return machine.source.protectedCount;
      return machine.replica.inStep ? machine.replica.size : 0;
    },
    get lagMs() {
      return machine.role === "source" ? Math.round(machine.source.lag(bootClock())) : 0;
    },
    get missing() {
      return machine.role === "replica" ? machine.replica.missing : undefined;
    },
    get settled() {
      return machine.role === "source" && (!link().connected || machine.source.compared);
    },
    report: () => {
      if (machine.role === "source") return reportSource(machine.source, counts, bootClock());
      // What was found since the last look is told with its time.
      drift.look(machine.replica.drift);
      return reportReplica(machine.replica, counts, drift.at);
    },
    protection: (view, offset) => {
      if (machine.role === "replica") return machine.replica.holds(view, offset) ? "held" : "no";
      const standing = machine.source.standing(view, offset);
      return standing === "protected" ? "yes" : standing === "sent" ? "sent" : "no";
    },
    each: (take) => eitherOf(machine).each(take),
    happened,
    putBack: dumps.putBack,
    overran: () => {
      counts.overran();
      dumps.after(overrunPauseMs);
    },
    eventsMissed: () => {
      if (machine.role === "source") machine.source.eventsMissed();
      dumps.discard();
    },
    reread: dumps.anew,
    recount: dumps.recent,
    repair: async () => {
      const before = source().comparisons;
      const deadline = performance.now() + repairWithinMs;
      source().compareSoon();
      // One that is under way already may not show what differs now.
      while (source().comparisons < before + 2 || source().isRepairing) {
        if (performance.now() > deadline) throw new Error("the standby did not compare in time");
        await delay(comparedMs);
        if (source().comparisons === before + 1) source().compareSoon();
      }
    },
    flush: async () => {
      if (!link().connected) throw new Error("the peer link is down");
      while (taking !== undefined) await delay(drainQuietMs);
      await dumps.anew();
      await confirm();
      if (source().lost > 0) {
        source().retryLost(bootClock());
        await confirm();
      }
      return source().lost;
    },
    roleChanged: (role, term) => {
      clearTimeout(taking);
      taking = undefined;
      if (role === "active" && machine.role === "replica") {
        frameAt = bootClock();
        taking = setTimeout(takeOver, drainQuietMs, machine.replica, term, frameAt);
      } else if (role !== "active" && machine.role === "source") {
        become({ role: "replica", replica: becomeReplica(machine.source, store.name) });
      }
    },
    termSeen: (term) => {
      if (machine.role === "source" && term > machine.source.term) machine.source.raiseTerm(term);
    },
    linkOpened,
    linkClosed: () => {
      if (machine.role === "replica") machine.replica.linkClosed();
      else machine.source.linkClosed();
    },
    frameReceived: (frame) => {
      frameAt = bootClock();
      counts.received(frame);
      if (machine.role === "replica") {
        return perform(machine.replica, machine.replica.frameReceived(frame, bootClock()));
      }
      // A source that was superseded falls silent by itself; the heartbeats decide who gives way.
      for (const effect of machine.source.frameReceived(frame, bootClock())) {
        if (effect.type === "reportFlushed") confirmations.received(effect.token);
        else outlast(machine.source, effect.term);
      }
      pump.soon();
    },
    close: () => {
      ticking.close();
      clearTimeout(taking);
      dumps.close();
      pump.close();
    },
  };
}
