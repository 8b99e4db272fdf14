import { randomBytes } from "node:crypto";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
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
import type { PeerLink } from "../pair/link/link.js";
import { openDriftWatch } from "./drift.js";
import { packed } from "./packed.js";
import { openCounts, reportReplica, reportSource } from "./report.js";
import type { RecordBatch, Store, TakeRecord } from "./store.js";

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
  /**
   * Resolves when the standby has confirmed everything that this node's store shows now. Rejects when this node is not
   * active, the link is down, or no confirmation came in time.
   */
  flush(): Promise<void>;
  /** Reads this node's store anew, and resolves when that is done. */
  reread(): Promise<void>;
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
  readonly refused: (error: string) => void;
  /** On the standby: what was found to differ, though nothing was under way, and is repaired. */
  readonly drifted?: (found: DriftReport) => void;
}

type Machine =
  | { readonly role: "source"; readonly source: Source }
  | { readonly role: "replica"; readonly replica: Replica };

const tickMs = 100;
/** While the link is full. */
const backlogPauseMs = 2;
const mostBacklog = 1 << 20;
/** What changes without a word, as the time left of a UDP flow does, only a dump shows. */
export const dumpEveryMs = 30_000;
const firstDumpsMs = 1_500;
const overrunPauseMs = 1_000;
const flushWithinMs = 5_000;
/** A node that becomes active first takes what has arrived: until nothing came for a while, but not for ever. */
const drainQuietMs = 10;
const drainMostMs = 200;
const repairWithinMs = 10_000;
const supersededForMs = 1_000;

export function openReplication({ store, renewal, link, refused, drifted }: ReplicationOptions): Replication {
  const boot = randomBytes(8).readBigUInt64BE();
  let machine: Machine = { role: "replica", replica: new Replica(emptyHoldings(boot), store.name) };
  let pumping: NodeJS.Immediate | undefined;
  let pausing: NodeJS.Timeout | undefined;
  let dumping: NodeJS.Timeout | undefined;
  let dumpDue = 0;
  let dumpUnderWay: Promise<void> | undefined;
  let puttingBack = Promise.resolve();
  let losses = 0;
  let closed = false;
  let tokens = 0;
  let frameAt = bootClock();
  let taking: NodeJS.Timeout | undefined;
  const flushed = new Map<number, () => void>();
  const options = renewal === undefined ? {} : { renewal };
  const counts = openCounts();
  const drift = openDriftWatch((found) => drifted?.(found));
  const send = (frame: Uint8Array): void => {
    counts.sent(frame);
    link().sendFrame(frame);
  };

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
    if (machine.role === "source") pumpSoon();
  };
  /** Reads the store into the machine: everything it shows is there, and what it does not show is gone. */
  const dump = (): Promise<void> => {
    dumpUnderWay ??= dumpInto(machine).finally(() => {
      dumpUnderWay = undefined;
    });
    return dumpUnderWay;
  };
  const dumpInto = async (started: Machine): Promise<void> => {
    await puttingBack;
    const now = bootClock();
    const before = losses;
    const see: TakeRecord = (_kind, view, offset) => {
      if (started.role === "source") started.source.dumpSeen(view, offset, now);
      else started.replica.dumpSeen(view, offset);
    };
    try {
      if (started.role === "source") started.source.dumpBegan(now);
      else started.replica.dumpBegan();
      for await (const batch of store.dump()) {
        if (machine !== started) break;
        batch(see);
      }
      await recheck(started, see);
      // What the store lost meanwhile is still there for us.
      if (machine !== started || losses !== before) return dumpAfter(0);
      if (started.role === "source") started.source.dumpEnded(bootClock());
      else started.replica.dumpEnded();
      pumpSoon();
    } catch (error) {
      if (losses !== before) return dumpAfter(0);
      refused(`dump of ${store.name}: ${(error as Error).message}`);
    }
    dumpAfter(dumpEveryMs);
  };
  /** Asks for each record that the dump did not show, where it may have overlooked some. */
  const recheck = async (started: Machine, see: TakeRecord): Promise<void> => {
    if (store.find === undefined) return;
    for (const records of packed((take) => machineOf(started).eachUnseen(take))) {
      store.find(records)(see);
      await turn();
    }
  };
  const putBack = async (): Promise<void> => {
    for (const records of packed((take) => machineOf(machine).each(take))) {
      store.putBack?.(records);
      await turn();
    }
  };
  /** The earliest that was asked for counts: the end of a dump does not put off one that lost events made due. */
  const dumpAfter = (delayMs: number): void => {
    const due = performance.now() + delayMs;
    if (closed || (dumping !== undefined && dumpDue <= due)) return;
    clearTimeout(dumping);
    dumpDue = due;
    dumping = setTimeout(dumpAnew, delayMs);
  };
  /** One that is under way began before now, and may have passed over what is to be found. */
  const dumpAnew = async (): Promise<void> => {
    dumping = undefined;
    await dumpUnderWay;
    await dump();
  };

  /** Whatever else this turn of the event loop brings goes out together. */
  const pumpSoon = (): void => {
    pumping ??= setImmediate(pump);
  };
  const pump = (): void => {
    pumping = undefined;
    if (machine.role !== "source" || !link().connected) return;
    while (link().backlog < mostBacklog) {
      const frame = machine.source.takeFrame(bootClock());
      if (frame === undefined) return;
      send(frame);
    }
    clearTimeout(pausing);
    pausing = setTimeout(pumpSoon, backlogPauseMs);
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
    pumpSoon();
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
    setTimeout(dumpAfter, firstDumpsMs, 0).unref();
  };
  /**
   * The standby has seen a higher term. Where another node is active, the heartbeats make this one a replica at once; a
   * source that is one still leads a pair whose agents have both started anew, and count from 1 again.
   */
  const outlast = (superseded: Source, term: number): void => {
    setTimeout(() => {
      if (machine.role !== "source" || machine.source !== superseded) return;
      superseded.raiseTerm(term + 1);
      pumpSoon();
    }, supersededForMs).unref();
  };
  const become = (next: Machine): void => {
    machine = next;
    counts.reset();
    drift.reset();
    dumpAfter(0);
    if (link().connected) linkOpened();
  };

  /** The active node's machine, while there is a standby to speak to. */
  const source = (): Source => {
    if (!link().connected) throw new Error("the peer link is down");
    if (machine.role !== "source") throw new Error("this node is not active");
    return machine.source;
  };

  const ticking = setInterval(() => {
    if (machine.role === "replica") {
      perform(machine.replica, machine.replica.tick(bootClock()));
      return drift.look(machine.replica.drift);
    }
    machine.source.tick(bootClock());
    pumpSoon();
  }, tickMs);
  dumpAfter(0);

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
    report: () =>
      machine.role === "source"
        ? reportSource(machine.source, counts, bootClock())
        : reportReplica(machine.replica, counts, drift.at),
    protection: (view, offset) => {
      if (machine.role === "replica") return machine.replica.holds(view, offset) ? "held" : "no";
      const standing = machine.source.standing(view, offset);
      return standing === "protected" ? "yes" : standing === "sent" ? "sent" : "no";
    },
    each: (take) => machineOf(machine).each(take),
    happened,
    putBack: () => {
      losses++;
      puttingBack = puttingBack.then(putBack).catch((error: Error) => refused(`${store.name}: ${error.message}`));
      return puttingBack;
    },
    overran: () => {
      counts.overran();
      dumpAfter(overrunPauseMs);
    },
    reread: async () => {
      // One that is under way may have passed what is looked for.
      await dumpUnderWay;
      await dump();
    },
    repair: async () => {
      const before = source().comparisons;
      const deadline = performance.now() + repairWithinMs;
      source().compareSoon();
      // One that is under way already may not show what differs now.
      while (source().comparisons < before + 2 || source().isRepairing) {
        if (performance.now() > deadline) throw new Error("the standby did not compare in time");
        await delay(tickMs);
        if (source().comparisons === before + 1) source().compareSoon();
      }
    },
    flush: async () => {
      if (!link().connected) throw new Error("the peer link is down");
      while (taking !== undefined) await delay(drainQuietMs);
      await dumpUnderWay;
      await dump();
      const token = ++tokens;
      const confirmed = new Promise<void>((resolve) => flushed.set(token, resolve));
      source().flush(token, bootClock());
      pumpSoon();
      try {
        await within(confirmed, flushWithinMs, store.name);
      } finally {
        flushed.delete(token);
      }
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
        if (effect.type === "reportFlushed") flushed.get(effect.token)?.();
        else outlast(machine.source, effect.term);
      }
      pumpSoon();
    },
    close: () => {
      closed = true;
      clearInterval(ticking);
      clearTimeout(taking);
      clearTimeout(dumping);
      clearImmediate(pumping);
      clearTimeout(pausing);
    },
  };
}

const machineOf = (machine: Machine): Source | Replica =>
  machine.role === "source" ? machine.source : machine.replica;

async function within(confirmed: Promise<void>, deadlineMs: number, records: string): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => reject(new Error(`the standby did not confirm the ${records} in time`)), deadlineMs);
  });
  await Promise.race([confirmed, tooLate]).finally(() => clearTimeout(late));
}
