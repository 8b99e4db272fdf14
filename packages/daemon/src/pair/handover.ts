import { setTimeout as delay } from "node:timers/promises";
import { type Conntrack, flowSlot } from "@vipair/kernel";
import {
  elapsed,
  type FailoverReport,
  type Flow,
  flowMark,
  flowMarkMask,
  type Instant,
  type Millis,
  readRecord,
  recordFields,
  recordKey,
} from "@vipair/model";
import type { YoungFlows } from "../balance/young-flows.js";
import { isAssured } from "../replicate/records.js";
import type { Replicator } from "../replicate/replicator.js";
import type { AgentProcess } from "./agent.js";
import type { PeerLink } from "./link/link.js";

/**
 * The planned hand-over, seen from the active node:
 *
 *   0. conntrack gets the connections that it did not know           young: hold
 *   1. the standby gets the connections that are just being opened    insertFlows …
 *   2. and confirms all the others, which were replicated before       replicator: flush
 *   3. the agent passes ownership; stray frames linger here            agent: handover
 *   4. the standby's heartbeat says that it is active                  agent: report
 *   5. what was born or changed since 1 follows                        insertFlows …
 *
 * Until step 3 nothing has changed for clients, and any failure leaves the active node active.
 */
export interface Handover {
  /** Carries the connections over and passes ownership; resolves after step 4. Rejects while one is under way. */
  run(force: boolean): Promise<FailoverReport>;
  /** Resolves when none is under way, however it ended. */
  settled(): Promise<void>;
  /** What the agent reports meanwhile. */
  readonly progress: HandoverProgress;
}

export interface HandoverProgress {
  /** This node gave up ownership `at` this time. */
  passed(at: Instant): void;
  /** The agent would not, or is gone: `reason`. */
  refused(reason: string): void;
  /** The peer said that it is active, `at` this time. */
  taken(at: Instant): void;
}

export interface HandoverOptions {
  readonly from: string;
  readonly to: string;
  readonly agent: Pick<AgentProcess, "handOver">;
  readonly conntrack: Pick<Conntrack, "dumpSlots">;
  readonly replicator: Pick<Replicator, "connections" | "flush">;
  readonly link: Pick<PeerLink, "request">;
  /** `undefined` where every connection begins on the ordinary way. */
  readonly young: Pick<YoungFlows, "hold" | "release"> | undefined;
  /** How long the other node may take to become active. */
  readonly takenWithinMs: number;
}

/** The share of copies that may be missing on the standby at any moment, because their time is nearly over. */
const mostLost = 0.01;

/** Pauses between the rounds of step 5; together shorter than stray frames linger. */
const strayRoundsMs = [0, 20, 80, 300];

interface Passing {
  passedAt: Instant | undefined;
  readonly taken: (took: Millis) => void;
  readonly failed: (error: Error) => void;
}

export function openHandover(options: HandoverOptions): Handover {
  const { from, to, agent, conntrack, replicator, link, young, takenWithinMs } = options;
  let passing: Passing | undefined;
  let running: Promise<FailoverReport> | undefined;

  const carryStrays = async (carried: Set<string>): Promise<void> => {
    for (const pause of strayRoundsMs) {
      await delay(pause);
      await carry(carried, () => true);
    }
  };
  /** Sends the wanted ones of those that were not carried yet; all of them count as carried from now on. */
  const carry = async (carried: Set<string>, isWanted: IsWanted): Promise<void> => {
    for await (const slots of conntrack.dumpSlots({ mark: flowMark, mask: flowMarkMask })) {
      const flows = freshFlows(slots, carried, isWanted);
      if (flows.length > 0) await link.request({ method: "insertFlows", flows });
    }
  };

  const pass = (force: boolean): Promise<Millis> => {
    const passed = new Promise<Millis>((resolve, reject) => {
      passing = { passedAt: undefined, taken: resolve, failed: reject };
      agent.handOver(force);
    });
    const late = setTimeout(() => passing?.failed(new Error(`${to} did not become active`)), takenWithinMs);
    return passed.finally(() => {
      clearTimeout(late);
      passing = undefined;
    });
  };

  const run = async (force: boolean): Promise<FailoverReport> => {
    const carried = new Set<string>();
    let lost = 0;
    try {
      young?.hold();
      await carry(carried, (view, record) => !isAssured(view, record));
      lost = await replicator.flush();
      if (lost > replicator.connections * mostLost) {
        throw new Error(`the kernel of ${to} refuses ${lost} of ${replicator.connections} connections`);
      }
    } catch (error) {
      if (!force) throw error;
      carried.clear();
      lost = replicator.connections;
    }
    const connections = carried.size;
    const tookMs = await pass(force);
    // The link may be gone by now; then there is nobody to carry anything to.
    carryStrays(carried).catch(() => undefined);
    const notCarried = lost === 0 ? {} : { notCarried: lost };
    return { from, to, connections, tookMs: Math.round(tookMs * 100) / 100, ...notCarried };
  };

  return {
    run: async (force) => {
      if (running !== undefined) throw new Error("a hand-over is under way");
      running = run(force);
      try {
        return await running;
      } finally {
        running = undefined;
        young?.release();
      }
    },
    settled: async () => {
      await running?.catch(() => undefined);
    },
    progress: {
      passed: (at) => {
        if (passing !== undefined) passing.passedAt = at;
      },
      refused: (reason) => passing?.failed(new Error(reason)),
      taken: (at) => {
        if (passing?.passedAt !== undefined) passing.taken(elapsed(passing.passedAt, at));
      },
    },
  };
}

type IsWanted = (view: DataView, record: number) => boolean;

/** The wanted flows in the slots that are not among the carried ones, which all the slots' join. */
function freshFlows(slots: ArrayBuffer, carried: Set<string>, isWanted: IsWanted): Flow[] {
  const view = new DataView(slots);
  const fresh: Flow[] = [];
  for (let slot = 0; slot < view.byteLength; slot += flowSlot.size) {
    const record = slot + flowSlot.record;
    // In another state it has to be carried again.
    const key = `${recordKey(view, record)} ${view.getUint8(record + recordFields.tcpState)}`;
    if (carried.has(key)) continue;
    carried.add(key);
    if (isWanted(view, record)) fresh.push(readRecord(view, record));
  }
  return fresh;
}
