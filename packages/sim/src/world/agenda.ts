/** What happens next in the world: a binary heap by time; equal times in the order in which they were planned. */
export class Agenda {
  readonly #heap: Entry[] = [];
  #planned = 0;

  /** True time in milliseconds since the world began. */
  now = 0;

  /** Plans `happen` at true time `at`, at once when that is past. */
  plan(at: number, happen: () => void): void {
    this.#push({ at: Math.max(at, this.now), order: this.#planned++, happen });
  }

  /** Lets the next thing happen that is due before `end`; `false` when there is none. */
  advance(end: number): boolean {
    const first = this.#heap[0];
    if (first === undefined || first.at > end) return false;
    this.#pop();
    this.now = first.at;
    first.happen();
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(entry);
    while (i > 0) {
      const above = (i - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[i] = parent;
      i = above;
    }
    heap[i] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let i = 0;
    for (;;) {
      const child = this.#lesserChild(i);
      const below = heap[child];
      if (below === undefined || isBefore(last, below)) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = last;
  }

  #lesserChild(i: number): number {
    const left = this.#heap[2 * i + 1];
    const right = this.#heap[2 * i + 2];
    return left !== undefined && right !== undefined && isBefore(right, left) ? 2 * i + 2 : 2 * i + 1;
  }
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly happen: () => void;
}

const isBefore = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
