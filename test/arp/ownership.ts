/** One ARP reply for the virtual address, seen on the switch. `at` in ms on CLOCK_MONOTONIC. */
export interface Reply {
  readonly at: number;
  readonly node: string;
}

/** A time in which no other node answered. */
export interface Reign {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly replies: number;
}

export interface OwnershipReport {
  readonly reigns: readonly Reign[];
  /** Two nodes answered at once: one answered between answers of another, closer than the questions are apart. */
  readonly overlap: boolean;
  /** How long two nodes answered, in total. */
  readonly overlapMs: number;
  /** The longest time between two answers, whoever gave them. */
  readonly silenceMs: number;
  /** How often ownership passed to another node. */
  readonly moves: number;
  readonly replies: Readonly<Record<string, number>>;
  /** Gratuitous announcements, by node. */
  readonly announcements: Readonly<Record<string, number>>;
}

/** An owner is asked every 10 ms; one that is displaced sooner than after two questions shared the address. */
const shortestReignMs = 25;

/** Judges the replies of a window. */
export function judge(replies: readonly Reply[], announcements: readonly Reply[]): OwnershipReport {
  const reigns = reignsOf(replies);
  const lengths = reigns.map(({ fromMs }, i) => (reigns[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY) - fromMs);
  const shared = reigns.map((_, i) => i > 0 && (lengths[i] ?? 0) < shortestReignMs);
  const overlapMs = lengths.reduce((sum, length, i) => sum + (shared[i] ? length : 0), 0);
  const undisputed = reigns.filter((_, i) => !shared[i]);
  const moves = undisputed.filter(({ node }, i) => i > 0 && undisputed[i - 1]?.node !== node).length;
  return {
    reigns,
    overlap: shared.includes(true),
    overlapMs: Math.round(overlapMs * 10) / 10,
    silenceMs: Math.round(Math.max(0, ...replies.map(({ at }, i) => at - (replies[i - 1]?.at ?? at))) * 10) / 10,
    moves,
    replies: count(replies),
    announcements: count(announcements),
  };
}

function reignsOf(replies: readonly Reply[]): Reign[] {
  const reigns: Reign[] = [];
  for (const { at, node } of replies) {
    const last = reigns.at(-1);
    if (last?.node === node) reigns[reigns.length - 1] = { ...last, toMs: at, replies: last.replies + 1 };
    else reigns.push({ node, fromMs: at, toMs: at, replies: 1 });
  }
  return reigns;
}

function count(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { node } of replies) counts[node] = (counts[node] ?? 0) + 1;
  return counts;
}
