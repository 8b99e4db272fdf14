import type { Balancer } from "../balance/balancer.js";
import { atBeat, atPace } from "../pace.js";
import type { Reports } from "../report/reports.js";
import type { Pairing } from "./pairing.js";
import type { Stability } from "./stability.js";

/**
 * Keeps the agent and the peer told: readiness, the start of the election, this node's report. And the balance: whether
 * all that the former active node knew is here. A node that is held back does not serve longer than it must.
 */
export interface Upkeep {
  /** Something that a report shows has changed: the peer hears of it at the next check. */
  reportSoon(): void;
  close(): void;
}

export interface UpkeepOptions {
  readonly balancer: Pick<Balancer, "rules" | "healthKnown"> & { readonly loop: Pick<Balancer["loop"], "deliver"> };
  readonly pairing: {
    readonly agent: Pick<Pairing["agent"], "setReady" | "start">;
    readonly link: Pick<Pairing["link"], "report" | "connected">;
    readonly replicator: Pick<Pairing["replicator"], "settled">;
    readonly yieldToPeer: Pairing["yieldToPeer"];
  };
  readonly stability: Pick<Stability, "held">;
  readonly reports: Pick<Reports, "missing" | "own">;
}

const reportEveryMs = 1_000;
/** After this long the node takes part in the election even if some server has not answered a first probe. */
const firstHealthMs = 3_000;

export function openUpkeep({ balancer, pairing, stability, reports }: UpkeepOptions): Upkeep {
  const openedAt = performance.now();
  let started = false;
  let reportDue = false;
  let settled = false;

  const check = (): void => {
    pairing.agent.setReady(reports.missing().length === 0);
    if (!started && balancer.rules.applied && healthIsDue()) {
      started = true;
      pairing.agent.start();
    }
    if (settled !== pairing.replicator.settled) {
      settled = pairing.replicator.settled;
      balancer.loop.deliver({ type: "peerSettled", settled });
    }
    if (stability.held !== undefined) pairing.yieldToPeer();
    if (reportDue) report();
  };
  const healthIsDue = (): boolean => balancer.healthKnown || performance.now() - openedAt > firstHealthMs;
  const report = (): void => {
    reportDue = false;
    if (pairing.link.connected) pairing.link.report(reports.own());
  };
  const checking = atBeat(check);
  const reporting = atPace(reportEveryMs, report);
  return {
    reportSoon: () => {
      reportDue = true;
    },
    close: () => {
      checking.close();
      reporting.close();
    },
  };
}
