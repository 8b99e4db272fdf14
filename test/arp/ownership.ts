/** One ARP reply for the virtual address, seen on the switch. `at` in ms on CLOCK_MONOTONIC. */
export interface Reply {
  readonly at: number;
  readonly node: string;
}

/** A time in which only this node answered. */
export interface Reign {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly replies: number;
}

export interface OwnershipReport {
  readonly reigns: readonly Reign[];
  /** A node answered again after another had begun to answer: two owners at once. */
  readonly overlap: boolean;
  /** From the first answer of the second owner to the last of the first one. */
  readonly overlapMs: number;
  readonly replies: Readonly<Record<string, number>>;
  /** Gratuitous announcements, by node. */
  readonly announcements: Readonly<Record<string, number>>;
}

/** Judges the replies of a window in which ownership should have moved at most once. */
export function judge(replies: readonly Reply[], announcements: readonly Reply[]): OwnershipReport {
  const reigns: Reign[] = [];
  for (const { at, node } of replies) {
    const last = reigns.at(-1);
    if (last?.node === node) reigns[reigns.length - 1] = { ...last, toMs: at, replies: last.replies + 1 };
    else reigns.push({ node, fromMs: at, toMs: at, replies: 1 });
  }
  const first = reigns[0]?.node;
  const second = reigns[1];
  const lastOfFirst = reigns.findLast(({ node }) => node === first);
  const overlap = reigns.length > 2;
  const overlapMs = overlap && second && lastOfFirst ? Math.round((lastOfFirst.toMs - second.fromMs) * 10) / 10 : 0;
  return { reigns, overlap, overlapMs, replies: count(replies), announcements: count(announcements) };
}

function count(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { node } of replies) counts[node] = (counts[node] ?? 0) + 1;
  return counts;
}
