import { setTimeout as delay } from "node:timers/promises";
import type { Conntrack } from "@vipair/kernel";
import {
  elapsed,
  type FailoverReport,
  type Flow,
  flowMark,
  flowMarkMask,
  type Instant,
  type Millis,
} from "@vipair/model";
import type { AgentProcess } from "./agent.js";
import type { PeerLink } from "./link/link.js";

/**
 * The planned hand-over, seen from the active node:
 *
 *   1. the standby forgets what it has of our connections            beginHandover
 *   2. it gets all of them into its own kernel, in rounds,            insertFlows …
 *      each with what was born or changed since the one before
 *   3. the agent passes ownership; stray frames linger here           agent: handover
 *   4. the standby's heartbeat says that it is active                 agent: report
 *   5. what stray frames still brought about here follows             insertFlows …
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
  readonly conntrack: Pick<Conntrack, "dump">;
  readonly link: Pick<PeerLink, "request">;
}

const flowsPerMessage = 1_000;
const mostRounds = 3;
/** A round with fewer connections than this is the last: what comes after it is a handful, and follows in step 5. */
const smallRound = 20;
const takenWithinMs = 5_000;
/** Pauses between the rounds of step 5; together shorter than stray frames linger. */
const strayRoundsMs = [0, 20, 80, 300];

interface Passing {
  passedAt: Instant | undefined;
  readonly taken: (took: Millis) => void;
  readonly failed: (error: Error) => void;
}

export function openHandover({ from, to, agent, conntrack, link }: HandoverOptions): Handover {
  let passing: Passing | undefined;
  let running: Promise<FailoverReport> | undefined;

  const carryAll = async (carried: Set<string>): Promise<void> => {
    await link.request({ method: "beginHandover" });
    for (let round = 0; round < mostRounds; round++) {
      if ((await carryFresh(carried)) < smallRound) return;
    }
  };
  const carryStrays = async (carried: Set<string>): Promise<void> => {
    for (const pause of strayRoundsMs) {
      await delay(pause);
      await carryFresh(carried);
    }
  };
  const carryFresh = async (carried: Set<string>): Promise<number> => {
    const flows = conntrack.dump({ mark: flowMark, mask: flowMarkMask });
    const fresh = flows.filter((flow) => !carried.has(stateKey(flow)));
    for (let start = 0; start < fresh.length; start += flowsPerMessage) {
      await link.request({ method: "insertFlows", flows: fresh.slice(start, start + flowsPerMessage) });
    }
    for (const flow of fresh) carried.add(stateKey(flow));
    return fresh.length;
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
    await carryAll(carried).catch((error: Error) => {
      if (!force) throw error;
    });
    const connections = carried.size;
    const tookMs = await pass(force);
    // The link may be gone by now; then there is nobody to carry anything to.
    carryStrays(carried).catch(() => undefined);
    return { from, to, connections, tookMs: Math.round(tookMs * 100) / 100 };
  };

  return {
    run: async (force) => {
      if (running !== undefined) throw new Error("a hand-over is under way");
      running = run(force);
      try {
        return await running;
      } finally {
        running = undefined;
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

/** A connection in one state: in another state it has to be carried again. */
const stateKey = ({ protocol, original, tcp }: Flow): string =>
  `${protocol} ${original.source.text} ${original.sourcePort} ${original.destination.text} ${original.destinationPort} ${tcp?.state}`;
