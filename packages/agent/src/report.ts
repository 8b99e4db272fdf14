import type { ElectionEffect, RouterEffect } from "@vipair/heartbeat";
import type { Scheduling } from "@vipair/kernel";
import { elapsed, type Instant, type Millis, type RoleReason } from "@vipair/model";
import type { AgentMessage, AgentReport } from "./message.js";
import type { Party } from "./party.js";

/** Tells the balancer how things stand: on every change, and at least once a second. */
export interface Reporter {
  /** Begins; until then nothing is told. */
  start(): void;
  /** Something that a report shows has changed. */
  changed(): void;
  /** The machine has stepped at this time, and its effects were performed for so long. */
  stepped(effects: readonly (ElectionEffect | RouterEffect)[], at: Instant, took: Millis): void;
  close(): void;
}

export interface ReporterOptions {
  readonly party: () => Party;
  readonly scheduling: Scheduling;
  readonly memoryLocked: boolean;
  readonly held: () => readonly string[];
  readonly tell: (message: AgentMessage) => void;
}

const reportEveryMs = 1_000;

const rounded = (ms: Millis): number => Math.round(ms * 1_000) / 1_000;

export function openReporter({ party, scheduling, memoryLocked, held, tell }: ReporterOptions): Reporter {
  let since: { reason: RoleReason; since: string } = { reason: "start", since: new Date().toISOString() };
  let reporting: NodeJS.Timeout | undefined;

  const currentReport = (): AgentReport => ({
    ...party().standing,
    ...since,
    peer: party().peer(),
    paths: party().paths(),
    held: held(),
    scheduling,
    memoryLocked,
    refused: party().refused(),
  });
  const report = (): void => tell({ type: "report", report: currentReport() });

  return {
    start: () => {
      reporting = setInterval(report, reportEveryMs);
      report();
    },
    changed: () => {
      if (reporting !== undefined) report();
    },
    stepped: (effects, at, took) => {
      for (const effect of effects) {
        if (effect.type === "announceAddresses") tell({ type: "announced" });
        if (effect.type !== "reportRole") continue;
        const { type: _, ...change } = effect;
        const tookMs = rounded(took);
        const heardAt = party().peer()?.heardAt;
        const heardMs = heardAt === undefined ? undefined : rounded(elapsed(heardAt, at));
        since = { reason: change.reason, since: new Date().toISOString() };
        tell({ type: "roleChanged", change: { at, ...change, tookMs, heardMs } });
        report();
      }
    },
    close: () => clearInterval(reporting),
  };
}
