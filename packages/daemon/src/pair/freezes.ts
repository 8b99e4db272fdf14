import type { Freeze, RoleChange } from "@vipair/agent";
import {
  after,
  elapsed,
  type FreezeReport,
  freezePhrase,
  type Instant,
  instantOf,
  millisOf,
  type NodeReport,
} from "@vipair/model";
import type { Journal } from "../event/journal.js";

/**
 * What froze, and which silence that explains. Each node tells the other of its last freeze in its reports; how long ago
 * it ended is in them, so the nodes' wall clocks may be years apart.
 *
 *     lb1's agent ──frozen──▶ lb1 ──report: frozen, agoMs──▶ lb2: "that was the silence of 21:26:55.487"
 */
export interface Freezes {
  /** This node's agent did not run. */
  noticed(freeze: Freeze): void;
  peerReported(report: NodeReport | undefined): void;
  /** This node's role changed, which is the newest event of the journal. */
  roleChanged(change: RoleChange): void;
  /** This node's last freeze, for its report. */
  own(): FreezeReport | undefined;
  /** What came out later about why this node has its role: `lb1 was frozen for 2.8 s (stopped)`. */
  explanation(): string | undefined;
}

export interface FreezesOptions {
  readonly node: string;
  readonly journal: Pick<Journal, "record" | "events">;
  readonly clock: () => Instant;
  /** A report would show something else than before. */
  readonly changed: () => void;
}

/** A peer that comes back after this long is not told any more. */
const rememberedFor = millisOf(600_000);
/** What the way of a report, and of a heartbeat before the freeze, may take. */
const tolerance = millisOf(500);

export function openFreezes({ node, journal, clock, changed }: FreezesOptions): Freezes {
  let last: { readonly freeze: Freeze; readonly at: string } | undefined;
  let silence: { readonly at: Instant; readonly event: string | undefined } | undefined;
  let explanation: string | undefined;
  let heardOf: string | undefined;

  const record = (who: string, frozen: Omit<FreezeReport, "at" | "agoMs">, silenceAt?: string): void => {
    const { lastedMs, cause, stealMs } = frozen;
    const phrase = `${who} was ${freezePhrase(frozen)}`;
    const explains = silenceAt === undefined ? "" : `: that was the silence of ${timeOfDay(silenceAt)}`;
    const detail = { frozen: who, lastedMs, cause, ...(stealMs !== undefined && { stealMs }) };
    journal.record("frozen", phrase + explains, { ...detail, ...(silenceAt !== undefined && { silenceAt }) });
    if (silenceAt !== undefined) explanation = phrase;
    changed();
  };

  return {
    noticed: (freeze) => {
      last = { freeze, at: new Date().toISOString() };
      record(node, describe(freeze));
    },
    peerReported: (report) => {
      const frozen = report?.frozen;
      if (report === undefined || frozen === undefined || frozen.at === heardOf) return;
      heardOf = frozen.at;
      record(report.node, frozen, explains(frozen, silence?.at, clock()) ? silence?.event : undefined);
    },
    roleChanged: ({ to, reason, at }) => {
      explanation = undefined;
      silence = to === "active" && reason === "silence" ? { at, event: journal.events().at(-1)?.at } : undefined;
    },
    own: () => {
      if (last === undefined) return undefined;
      const ago = elapsed(last.freeze.until, clock());
      if (ago > rememberedFor) return undefined;
      return { at: last.at, agoMs: Math.max(0, Math.round(ago)), ...describe(last.freeze) };
    },
    explanation: () => explanation,
  };
}

function describe({ from, until, cause, stealMs }: Freeze): Omit<FreezeReport, "at" | "agoMs"> {
  return { lastedMs: Math.round(elapsed(from, until)), cause, ...(stealMs !== undefined && { stealMs }) };
}

/** Whether the takeover falls into the peer's freeze, whose report arrived now. */
function explains({ agoMs, lastedMs }: FreezeReport, takeover: Instant | undefined, now: Instant): boolean {
  if (takeover === undefined) return false;
  const until = instantOf(now - agoMs);
  const from = instantOf(until - lastedMs);
  return takeover >= from - tolerance && takeover <= after(until, tolerance);
}

/** As `vipair events` shows it, in local time: `21:26:55.487`. */
function timeOfDay(iso: string): string {
  const at = new Date(iso);
  const pad = (value: number, length = 2): string => String(value).padStart(length, "0");
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}.${pad(at.getMilliseconds(), 3)}`;
}
