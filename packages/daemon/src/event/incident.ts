import { type EventReport, type RoleReason, reasonSentence, spanText } from "@vipair/model";
import type { PlacedEvent } from "./align.js";

/**
 * Ownership by the events of both nodes, and what was between two owners. An owner's time begins when all that a takeover
 * takes was done, and ends when the node decided to give up.
 *
 *     lb1  ━━━━━━━━━━━━┫ gives up                          lb1  ━━━━━━━━━━━━━━━━━━━┫ yields
 *     lb2        no owner   ┣━━━━━━━━━━                    lb2      ┣━━━━━━━━━━━━━━━━━━━━━
 *                └─ gap ────┘                                        └─ two owners ─┘
 */
export interface Incident {
  /** What it is made of ends here. */
  readonly instant: number;
  readonly event: EventReport;
}

interface Tenure {
  readonly node: string;
  readonly taken: PlacedEvent;
  /** Everything that the takeover took was done. */
  readonly begins: number;
  end: TenureEnd | undefined;
}

interface TenureEnd {
  readonly at: number;
  /** The node said when; else it ended before this, nobody knows when. */
  readonly known: boolean;
  readonly placed: PlacedEvent;
}

/**
 * Whenever the addresses have another owner: how long they had none, or two.
 *
 * @param nodes the names of both, also when only one of them tells its events
 */
export function findIncidents(
  events: readonly PlacedEvent[],
  nodes: readonly [string, string],
  uncertaintyMs: number,
): Incident[] {
  const tenures = findTenures(events);
  return tenures.flatMap((tenure, index) => {
    const former = untold(tenures.slice(0, index), tenure, nodes) ?? formerOf(tenures.slice(0, index));
    return former === undefined ? [] : [describe(former, tenure, uncertaintyMs)];
  });
}

/** Every takeover counts one term on: when one is missing, the other node had it, and does not say so. */
function untold(before: readonly Tenure[], tenure: Tenure, nodes: readonly [string, string]): Tenure | undefined {
  const lastTerm = Math.max(0, ...before.map(termOf));
  if (termOf(tenure) <= lastTerm + 1) return undefined;
  const node = tenure.node === nodes[0] ? nodes[1] : nodes[0];
  return { node, taken: tenure.taken, begins: Number.NEGATIVE_INFINITY, end: undefined };
}

const termOf = ({ taken }: Tenure): number => Number(taken.event.detail.term);

function findTenures(events: readonly PlacedEvent[]): Tenure[] {
  const tenures: Tenure[] = [];
  const open = new Map<string, Tenure>();
  for (const placed of events) {
    const { event, instant } = placed;
    const { node, detail } = event;
    const end = (known: boolean): void => {
      const tenure = open.get(node);
      if (tenure !== undefined) tenure.end = { at: instant, known, placed };
      open.delete(node);
    };
    // A node that stalled says so when it wakes up; its kernel had ended the lease before.
    if (event.kind === "roleChanged" && detail.from === "active") end(detail.reason !== "leaseLapsed");
    else if (detail.agentDied === true) end(true);
    else if (event.kind === "started") end(false);
    if (event.kind !== "roleChanged" || detail.to !== "active") continue;
    const tenure: Tenure = { node, taken: placed, begins: instant + Number(detail.tookMs ?? 0), end: undefined };
    open.set(node, tenure);
    tenures.push(tenure);
  }
  return tenures;
}

/** Of all owners before, the one that lasted longest. */
function formerOf(tenures: readonly Tenure[]): Tenure | undefined {
  const endOf = (tenure: Tenure): number => tenure.end?.at ?? Number.POSITIVE_INFINITY;
  return tenures.reduce<Tenure | undefined>(
    (last, tenure) => (last === undefined || endOf(tenure) >= endOf(last) ? tenure : last),
    undefined,
  );
}

function describe(former: Tenure, tenure: Tenure, uncertaintyMs: number): Incident {
  const { event } = tenure.taken;
  const { node, detail } = event;
  const term = termOf(tenure);
  const between = measure(former, tenure, uncertaintyMs);
  const message = `${former.node} → ${node}, term ${term}, ${reasonSentence(detail.reason as RoleReason)}: ${between.words}`;
  const instant = Math.max(tenure.begins, former.end?.known === true ? former.end.at : 0);
  const figures = { from: former.node, to: node, term, reason: String(detail.reason), ...between.figures };
  return { instant, event: { at: event.at, node, kind: "incident", message, detail: figures } };
}

interface Between {
  readonly words: string;
  readonly figures: Readonly<Record<string, number>>;
}

function measure(former: Tenure, tenure: Tenure, uncertaintyMs: number): Between {
  const { end } = former;
  if (end?.known !== true) return bound(former, tenure);
  if (!end.placed.exact || !tenure.taken.exact) {
    return { words: "how long nobody owned the addresses is not known, a clock may have been set since", figures: {} };
  }
  const gap = tenure.begins - end.at;
  const overlap = Math.min(end.at, tenure.end?.at ?? end.at) - tenure.begins;
  const [gapMs, overlapMs] = [rounded(gap), rounded(overlap)];
  const words = `no owner for ${spanText(gapMs)}, two owners for ${spanText(overlapMs)}`;
  if (former.node === tenure.node) return { words, figures: { gapMs, overlapMs, uncertaintyMs: 0 } };
  return {
    words: `${words} (± ${spanText(rounded(uncertaintyMs))})`,
    figures: { gapMs, overlapMs, uncertaintyMs: rounded(uncertaintyMs) },
  };
}

/** The former owner does not say when it ended: since the new one last heard it, at the most. */
function bound(former: Tenure, tenure: Tenure): Between {
  const { heardMs } = tenure.taken.event.detail;
  if (typeof heardMs !== "number" || former.node === tenure.node) {
    return { words: `when ${former.node} ended is not known`, figures: {} };
  }
  const mostGapMs = rounded(heardMs + tenure.begins - tenure.taken.instant);
  const words = `no owner for at most ${spanText(mostGapMs)}, since ${former.node} was last heard`;
  return { words, figures: { mostGapMs } };
}

const rounded = (ms: number): number => Math.max(0, Math.round(ms * 100) / 100);
