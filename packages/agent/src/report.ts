import {
  type ElectionConfig,
  type ElectionEffect,
  type ElectionState,
  effectivePriority,
  type Heartbeat,
  isEligible,
} from "@vipair/heartbeat";
import { bootClock, type Scheduling } from "@vipair/kernel";
import { elapsed, type Instant, type Millis, millisOf, type Pair, type RoleReason } from "@vipair/model";
import type { Exchange } from "./exchange/exchange.js";
import type { AgentMessage, AgentReport, PeerView } from "./message.js";

/** Tells the balancer how the election stands: on every change, and at least once a second. */
export interface Reporter {
  /** Begins; until then nothing is told. */
  start(): void;
  /** A heartbeat of the peer has been delivered to the election. */
  heard(heartbeat: Heartbeat, sameConfig: boolean): void;
  /** Something that the election tracks has changed, and was delivered to it. */
  trackChanged(): void;
  /** The election has stepped at this time, and its effects were performed for so long. */
  stepped(effects: readonly ElectionEffect[], at: Instant, took: Millis): void;
  close(): void;
}

export interface ReporterOptions {
  readonly pair: Pair;
  readonly config: ElectionConfig;
  readonly scheduling: Scheduling;
  readonly memoryLocked: boolean;
  readonly state: () => ElectionState;
  readonly exchange: () => Pick<Exchange, "paths" | "refused">;
  readonly held: () => readonly string[];
  readonly tell: (message: AgentMessage) => void;
}

const reportEveryMs = 1_000;

export function openReporter(options: ReporterOptions): Reporter {
  const { pair, config, scheduling, memoryLocked, tell } = options;
  let heard: Heard | undefined;
  let standing: { reason: RoleReason; since: string } = { reason: "start", since: new Date().toISOString() };
  let reporting: NodeJS.Timeout | undefined;

  const currentReport = (): AgentReport => {
    const state = options.state();
    return {
      role: state.role,
      ...standing,
      term: state.term,
      priority: effectivePriority(config, state),
      eligible: isEligible(config, state),
      failedTracks: [...state.failedTracks],
      peer: heard === undefined ? undefined : viewPeer(heard, pair, bootClock()),
      paths: options.exchange().paths(),
      held: options.held(),
      scheduling,
      memoryLocked,
      refused: options.exchange().refused(),
    };
  };
  const report = (): void => tell({ type: "report", report: currentReport() });

  return {
    start: () => {
      reporting = setInterval(report, reportEveryMs);
      report();
    },
    heard: (heartbeat, sameConfig) => {
      const former = heard;
      heard = { heartbeat, sameConfig, at: bootClock() };
      if (isNews(former, heard)) report();
    },
    trackChanged: () => {
      if (reporting !== undefined) report();
    },
    stepped: (effects, at, took) => {
      for (const effect of effects) {
        if (effect.type !== "reportRole") continue;
        const { from, to, reason, term } = effect;
        const tookMs = Math.round(took * 1_000) / 1_000;
        standing = { reason, since: new Date().toISOString() };
        tell({ type: "roleChanged", change: { at, from, to, reason, term, tookMs } });
        report();
      }
    },
    close: () => clearInterval(reporting),
  };
}

/** The newest heartbeat of the peer. */
export interface Heard {
  readonly heartbeat: Heartbeat;
  readonly sameConfig: boolean;
  readonly at: Instant;
}

/** How the peer stands, as its newest heartbeat says; not reachable when that is older than four intervals. */
export function viewPeer({ heartbeat, sameConfig, at }: Heard, pair: Pair, now: Instant): PeerView {
  const { role, ready, eligible, maintenance, priority, hearing, interval } = heartbeat;
  const downAfter = millisOf(4 * Math.max(interval, pair.heartbeat.interval));
  const reachable = elapsed(at, now) <= downAfter;
  return { heardAt: at, role, reachable, ready, eligible, maintenance, priority, hearing, sameConfig };
}

/** Whether a heartbeat says something of its sender that a report shows and the former one did not say. */
export function isNews(former: Heard | undefined, latest: Heard): boolean {
  if (former === undefined || former.sameConfig !== latest.sameConfig) return true;
  const keys = ["role", "ready", "eligible", "maintenance", "priority", "hearing"] as const;
  return keys.some((key) => former.heartbeat[key] !== latest.heartbeat[key]);
}
