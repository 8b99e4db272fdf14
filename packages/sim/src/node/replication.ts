import type { Instant, Role } from "@vipair/model";
import { decodeFrame, emptyHoldings, frameTypes, type Replica, type ReplicaEffect, type Source } from "@vipair/sync";
import type { Entry, FlowEvent, SimulatedConntrack } from "../kernel/conntrack.js";
import { type FlowNews, FlowWatch } from "../kernel/flow-watch.js";
import { readRecords, recordOf } from "../kernel/record.js";
import type { Random } from "../random.js";
import type { Machines } from "./machines.js";
import type { SimulatedProcess } from "./process.js";
import { type Reading, TableReader } from "./table-reader.js";

/** What happens to the replication, for checkers and people. */
export type ReplicationNews =
  | { readonly type: "linkOpened" | "linkClosed" | "inStep" | "overrun" }
  | { readonly type: "becameSource"; readonly term: number }
  | { readonly type: "becameReplica" }
  /** The source is about to be no more: with its process, or because the node is not active. */
  | { readonly type: "sourceEnds" }
  | { readonly type: "superseded"; readonly term: number }
  | { readonly type: "refused"; readonly count: number }
  /** The replica answered the digest that was sent at this (true) time: it has the same connections, or not. */
  | { readonly type: "compared"; readonly digestSentAt: number; readonly isEqual: boolean }
  | { readonly type: "flushBegan" | "flushed" }
  | { readonly type: "flushFailed"; readonly reason: string };

export interface ReplicationHost {
  readonly random: Random;
  readonly process: SimulatedProcess;
  readonly conntrack: SimulatedConntrack;
  readonly machines: Machines;
  readonly traits: Traits;
  /** The kernel's buffer for events is too small now. */
  readonly overrun: boolean;
  readonly link: { readonly connected: boolean; readonly backlog: number; sendFrame(frame: Uint8Array): void };
  plan(delayMs: number, happen: () => void): void;
  bootTime(): Instant;
  /** True time. */
  now(): number;
  tell(news: ReplicationNews): void;
}

/** What differs between worlds, and in the real one with the size of things. */
export interface Traits {
  readonly mostTombstones: number;
  readonly mostBacklog: number;
  /** How many events the kernel holds for the daemon. */
  readonly eventRoom: number;
  /** How long it takes to read the kernel's table. */
  readonly dumpMs: number;
}

type Machine =
  | { readonly role: "source"; readonly source: Source }
  | { readonly role: "replica"; readonly replica: Replica };

const gatherMs = 2;
/** A node that becomes active first takes what has arrived: until nothing came for a while, but not for ever. */
const drainQuietMs = 10;
const drainMostMs = 200;
const firstDumpsMs = 1_500;
const overrunPauseMs = 1_000;
const flushWithinMs = 5_000;

/**
 * The replication of one lifetime of a daemon: the real machines, joined with kernel and link as `vipaird` joins them
 * (`daemon/replicate`).
 */
export class Replication {
  readonly #host: ReplicationHost;
  readonly #watch: FlowWatch;
  readonly #reader: TableReader;
  readonly #flushed = new Map<number, () => void>();
  #machine: Machine;
  #pumping = false;
  #tokens = 0;
  /** Counts changes of role; a takeover waits for what is on its way. */
  #taking = 0;
  #isTaking = false;
  #frameAt = 0;
  #wasInStep = false;
  /** A higher term than the source's, that the peer showed. */
  #supersededBy: number | undefined;
  /** The digest that the source has no answer to yet. */
  #digest: { readonly number: number; readonly sentAt: number } | undefined;

  constructor(host: ReplicationHost) {
    this.#host = host;
    this.#machine = { role: "replica", replica: host.machines.openReplica(emptyHoldings(host.random.big())) };
    this.#watch = new FlowWatch(host.conntrack, {
      random: host.random,
      room: host.traits.eventRoom,
      get overrun() {
        return host.overrun;
      },
      plan: (delayMs, happen) => host.plan(delayMs, happen),
      enqueue: (read) => host.process.enqueue(read),
      take: (news) => this.#takeNews(news),
    });
    this.#reader = new TableReader({
      ...{ random: host.random, process: host.process, conntrack: host.conntrack, dumpMs: host.traits.dumpMs },
      now: () => host.now(),
      plan: (delayMs, happen) => host.plan(delayMs, happen),
      read: () => this.#read(),
    });
  }

  get source(): Source | undefined {
    return this.#machine.role === "source" ? this.#machine.source : undefined;
  }

  get replica(): Replica | undefined {
    return this.#machine.role === "replica" ? this.#machine.replica : undefined;
  }

  get missing(): string | undefined {
    return this.replica?.missing;
  }

  end(): void {
    if (this.source !== undefined) this.#host.tell({ type: "sourceEnds" });
    this.#watch.close();
  }

  tick(): void {
    const { source, replica } = this;
    const now = this.#host.bootTime();
    if (replica !== undefined) this.#perform(replica, replica.tick(now));
    source?.tick(now);
    if (source !== undefined) this.#pumpSoon();
    this.#noteStep();
  }

  roleChanged(role: Role, term: number): void {
    const { source, replica } = this;
    this.#taking++;
    this.#isTaking = role === "active" && replica !== undefined;
    if (this.#isTaking) {
      this.#frameAt = this.#host.now();
      this.#takeOver(term, this.#frameAt, this.#taking);
    } else if (role !== "active" && source !== undefined) {
      this.#host.tell({ type: "sourceEnds" });
      this.#become({ role: "replica", replica: this.#host.machines.becomeReplica(source) });
      this.#host.tell({ type: "becameReplica" });
    }
  }

  /** What the former active node had sent before it fell silent waits in the socket: the replica still takes it. */
  #takeOver(term: number, since: number, number: number): void {
    this.#host.process.later(drainQuietMs, () => {
      const { replica } = this;
      const now = this.#host.now();
      if (replica === undefined || number !== this.#taking) return;
      if (now - this.#frameAt < drainQuietMs && now - since < drainMostMs) return this.#takeOver(term, since, number);
      this.#isTaking = false;
      const { machines, traits } = this.#host;
      const { mostTombstones } = traits;
      const source = machines.becomeSource(replica, term, this.#host.bootTime(), { mostTombstones });
      this.#host.tell({ type: "becameSource", term: source.term });
      this.#become({ role: "source", source });
      this.#host.process.later(firstDumpsMs, () => this.#reader.readWithin(0));
    });
  }

  termSeen(term: number): void {
    const { source } = this;
    if (source !== undefined && term > source.term) source.raiseTerm(term);
  }

  /**
   * The heartbeats say that this node is active and the other one is not. A term that it has seen and the election has not
   * is from before both agents were restarted.
   */
  undisputed(): void {
    if (this.#supersededBy !== undefined) this.termSeen(this.#supersededBy);
    this.#supersededBy = undefined;
  }

  linkOpened(): void {
    this.#host.tell({ type: "linkOpened" });
    this.#openMachine();
  }

  #openMachine(): void {
    const { source, replica } = this;
    const now = this.#host.bootTime();
    if (replica !== undefined) this.#perform(replica, replica.linkOpened(now));
    source?.linkOpened(now);
    this.#pumpSoon();
  }

  linkClosed(): void {
    this.#host.tell({ type: "linkClosed" });
    this.replica?.linkClosed();
    this.source?.linkClosed();
    this.#noteStep();
  }

  frameReceived(frame: Uint8Array): void {
    const { source, replica } = this;
    const now = this.#host.bootTime();
    this.#frameAt = this.#host.now();
    if (replica !== undefined) return this.#perform(replica, replica.frameReceived(frame, now));
    for (const effect of source?.frameReceived(frame, now) ?? []) {
      if (effect.type === "reportFlushed") this.#flushed.get(effect.token)?.();
      else this.#supersede(effect.term);
    }
    this.#noteAnswer(frame);
    this.#pumpSoon();
  }

  /** Calls back when the standby has confirmed every connection that the kernel shows now, or why it has not. */
  flush(done: (failure?: string) => void): void {
    const finish = (failure?: string): void => {
      this.#host.tell(failure === undefined ? { type: "flushed" } : { type: "flushFailed", reason: failure });
      done(failure);
    };
    if (!this.#host.link.connected) return finish("the peer link is down");
    if (this.#isTaking) return this.#host.process.later(drainQuietMs, () => this.flush(done));
    this.#host.tell({ type: "flushBegan" });
    this.#reader.read(() => {
      const { source } = this;
      if (source === undefined) return finish("this node is not active");
      const token = ++this.#tokens;
      this.#flushed.set(token, () => {
        if (this.#flushed.delete(token)) finish(source.lost > 0 ? "the standby's kernel lacks connections" : undefined);
      });
      this.#host.process.later(flushWithinMs, () => {
        if (this.#flushed.delete(token)) finish("the standby did not confirm the connections in time");
      });
      source.flush(token, this.#host.bootTime());
      this.#pumpSoon();
    });
  }

  #supersede(term: number): void {
    this.#supersededBy = term;
    this.#host.tell({ type: "superseded", term });
  }

  #takeNews(news: FlowNews): void {
    if (news.kind === "overrun") {
      this.#host.tell({ type: "overrun" });
      return this.#reader.readWithin(overrunPauseMs);
    }
    const { source, replica } = this;
    const { entry } = news;
    const { interventions } = this.#host.conntrack;
    const now = this.#host.bootTime();
    if (this.#isMisled(news)) interventions.note(entry.tuple);
    else interventions.told(entry.tuple, news.number, this.#host.now());
    if (news.kind === "changed") {
      replica?.flowSeen(record(entry), 0);
      source?.flowSeen(record(entry), 0, now);
    } else {
      replica?.flowRemoved(record(entry), 0);
      source?.flowGone(record(entry), 0, now);
    }
    if (source !== undefined) this.#pumpSoon();
  }

  /** It takes the end of an older connection for the end of the one that the replica has inserted since. */
  #isMisled({ kind, entry }: FlowEvent): boolean {
    const held = this.#host.conntrack.entries.get(entry.tuple);
    return kind === "destroyed" && held?.isCopy === true && held.id !== entry.id;
  }

  /** For the machine that there is now; another one reads anew. */
  #read(): Reading {
    const machine = this.#machine;
    const { source, replica } = this;
    const at = this.#host.bootTime();
    source?.dumpBegan(at);
    replica?.dumpBegan();
    const isOver = (): boolean => this.#machine !== machine;
    return {
      get isOver() {
        return isOver();
      },
      see: (entry) => {
        source?.dumpSeen(record(entry), 0, at);
        replica?.dumpSeen(record(entry), 0);
      },
      end: () => {
        source?.dumpEnded(this.#host.bootTime());
        replica?.dumpEnded();
        this.#pumpSoon();
      },
    };
  }

  #pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    this.#host.process.later(gatherMs, () => this.#pump());
  }

  #pump(): void {
    this.#pumping = false;
    const { source } = this;
    const { link, traits } = this.#host;
    if (source === undefined || !link.connected) return;
    while (link.backlog < traits.mostBacklog) {
      const frame = source.takeFrame(this.#host.bootTime());
      if (frame === undefined) return;
      this.#noteQuestion(frame);
      link.sendFrame(frame);
    }
    this.#pumpSoon();
  }

  #perform(replica: Replica, effects: readonly ReplicaEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "removeFlows":
          for (const { tuple } of readRecords(effect.records)) this.#host.conntrack.remove(tuple);
          break;
        case "insertFlows":
          this.#insert(replica, effect.records);
          break;
        case "sendFrame":
          this.#host.link.sendFrame(effect.frame);
          break;
        case "confirm":
          this.#perform(replica, replica.performed(effect.token, this.#host.bootTime()));
          break;
      }
    }
    this.#noteStep();
  }

  #insert(replica: Replica, records: Uint8Array): void {
    const { conntrack } = this.#host;
    const refused = readRecords(records).filter((insertion) => !conntrack.insert(insertion));
    for (const { tuple, state, timeout } of refused) {
      replica.failed(recordOf(tuple, state, timeout, 0), 0);
    }
    if (refused.length > 0) this.#host.tell({ type: "refused", count: refused.length });
  }

  #become(machine: Machine): void {
    this.#machine = machine;
    this.#reader.readWithin(0);
    if (this.#host.link.connected) this.#openMachine();
  }

  #noteQuestion(bytes: Uint8Array): void {
    if (bytes[0] !== frameTypes.digest && bytes[0] !== frameTypes.begin) return;
    const frame = decodeFrame(bytes);
    const isDigest = frame.ok && frame.frame.type === "digest";
    this.#digest = isDigest ? { number: frame.frame.number, sentAt: this.#host.now() } : undefined;
  }

  #noteAnswer(bytes: Uint8Array): void {
    if (this.#digest === undefined || bytes[0] !== frameTypes.compared) return;
    const frame = decodeFrame(bytes);
    if (!frame.ok || frame.frame.type !== "compared" || frame.frame.number !== this.#digest.number) return;
    this.#host.tell({
      type: "compared",
      digestSentAt: this.#digest.sentAt,
      isEqual: frame.frame.buckets.length === 0,
    });
    this.#digest = undefined;
  }

  #noteStep(): void {
    const isInStep = this.replica?.inStep === true;
    if (isInStep && !this.#wasInStep) this.#host.tell({ type: "inStep" });
    this.#wasInStep = isInStep;
  }
}

const record = ({ tuple, state, timeout, id }: Entry): DataView => recordOf(tuple, state, timeout, id);
