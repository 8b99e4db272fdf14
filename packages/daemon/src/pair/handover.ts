import type { Conntrack } from "@vipair/kernel";
import { type FailoverReport, type Flow, flowMark, flowMarkMask } from "@vipair/model";
import type { AgentProcess } from "./agent.js";
import type { PeerLink } from "./link/link.js";

/**
 * The planned hand-over, seen from the active node:
 *
 *   1. the standby forgets what it has of our connections            beginHandover
 *   2. it gets all of them into its own kernel, in rounds,            insertFlows …
 *      each with what came since the one before
 *   3. the agent passes ownership; stray frames linger here           agent: handover
 *   4. the standby's heartbeat says that it is active                 agent: report
 *
 * Until step 3 nothing has changed for clients, and any failure leaves the active node active.
 */
export interface Handover {
  /** Carries the connections over and passes ownership. */
  run(force: boolean): Promise<FailoverReport>;
  /** What the agent reports meanwhile. */
  progress: HandoverProgress;
}

export interface HandoverProgress {
  /** This node has given up ownership. */
  passed(): void;
  /** The agent would not: `reason`. */
  refused(reason: string): void;
  /** The peer says that it is active. */
  taken(): void;
}

export interface HandoverOptions {
  readonly from: string;
  readonly to: string;
  readonly agent: AgentProcess;
  readonly conntrack: Conntrack;
  readonly link: PeerLink;
}

const flowsPerMessage = 1_000;
const mostRounds = 3;
/** A round with fewer new connections than this is the last: what comes after it is a handful. */
const smallRound = 20;
const takenWithinMs = 5_000;

export function openHandover({ from, to, agent, conntrack, link }: HandoverOptions): Handover {
  let waiting: { passed: () => void; taken: () => void; refused: (error: Error) => void } | undefined;

  const carry = async (): Promise<number> => {
    await link.request({ method: "beginHandover" });
    const sent = new Set<string>();
    for (let round = 0; round < mostRounds; round++) {
      const fresh = conntrack.dump({ mark: flowMark, mask: flowMarkMask }).filter((flow) => !sent.has(flowKey(flow)));
      for (let start = 0; start < fresh.length; start += flowsPerMessage) {
        await link.request({ method: "insertFlows", flows: fresh.slice(start, start + flowsPerMessage) });
      }
      for (const flow of fresh) sent.add(flowKey(flow));
      if (fresh.length < smallRound) break;
    }
    return sent.size;
  };

  const pass = (force: boolean): Promise<number> =>
    new Promise((resolve, reject) => {
      let passedAt = performance.now();
      const timeout = setTimeout(() => reject(new Error(`${to} did not become active`)), takenWithinMs);
      waiting = {
        passed: () => {
          passedAt = performance.now();
        },
        taken: () => {
          clearTimeout(timeout);
          resolve(performance.now() - passedAt);
        },
        refused: (error) => {
          clearTimeout(timeout);
          reject(error);
        },
      };
      agent.handOver(force);
    });

  return {
    run: async (force) => {
      if (waiting !== undefined) throw new Error("a hand-over is under way");
      try {
        const connections = await carry().catch((error: Error) => {
          if (force) return 0;
          throw error;
        });
        const tookMs = await pass(force);
        return { from, to, connections, tookMs: Math.round(tookMs * 100) / 100 };
      } finally {
        waiting = undefined;
      }
    },
    progress: {
      passed: () => waiting?.passed(),
      refused: (reason) => waiting?.refused(new Error(reason)),
      taken: () => waiting?.taken(),
    },
  };
}

const flowKey = ({ protocol, original }: Flow): string =>
  `${protocol} ${original.source.text} ${original.sourcePort} ${original.destination.text} ${original.destinationPort}`;
