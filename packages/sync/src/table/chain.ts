import { grown } from "./table.js";

/** The neighbours of every slot; chains that no slot is in twice share one. */
export class Links {
  next = new Int32Array(0);
  previous = new Int32Array(0);

  grow(capacity: number): void {
    this.next = grown(this.next, new Int32Array(capacity));
    this.previous = grown(this.previous, new Int32Array(capacity));
  }
}

/** Slots in a row. Everything takes constant time and no memory. */
export class Chain {
  first = -1;
  last = -1;
  length = 0;

  constructor(private readonly links: Links) {}

  append(slot: number): void {
    this.#join(this.last, slot);
    this.#join(slot, -1);
    this.length++;
  }

  prepend(slot: number): void {
    this.#join(slot, this.first);
    this.#join(-1, slot);
    this.length++;
  }

  remove(slot: number): void {
    this.#join(this.links.previous[slot] ?? -1, this.next(slot));
    this.length--;
  }

  next(slot: number): number {
    return this.links.next[slot] ?? -1;
  }

  #join(left: number, right: number): void {
    if (left < 0) this.first = right;
    else this.links.next[left] = right;
    if (right < 0) this.last = left;
    else this.links.previous[right] = left;
  }
}
