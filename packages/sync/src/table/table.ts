import { recordLength, recordLength4, recordLength6 } from "@vipair/model";
import { sameKey } from "../record/key.js";
import { finish } from "../record/mix.js";
import { Slab } from "./slab.js";

/**
 * Records by key, without an object or a string for any of them: bytes in slabs, found through an open-addressing index
 * over the bytes of the key. A record keeps its slot, a small number, as long as it is in the table; owners keep columns
 * of their own by slot. Memory follows the most connections there ever were, and the garbage collector sees a handful of
 * buffers whatever their number.
 *
 * Clients choose their ports, so the place in the index is salted: nobody outside can pile up collisions.
 */
export class FlowTable {
  /** Key hash by slot. */
  hashes = new Uint32Array(0);
  /** Slots from 0 up to here have been used. */
  limit = 0;
  size = 0;

  readonly #slab4 = new Slab(recordLength4);
  readonly #slab6 = new Slab(recordLength6);
  /** Place in the IPv4 slab, or the complement of the place in the IPv6 slab; of a free slot, the next free one. */
  #places = new Int32Array(0);
  #used = new Uint8Array(0);
  #freeSlot = -1;
  /** Slot + 1, or 0. */
  #index = new Int32Array(0);

  constructor(readonly salt: number) {}

  /** Slots that columns need room for. */
  get capacity(): number {
    return this.hashes.length;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#slab4.bytes + this.#slab6.bytes + this.capacity * 9 + this.#index.byteLength;
  }

  /** Where the record of a slot lies: good until the next `add`. */
  view(slot: number): DataView {
    return this.#place(slot) >= 0 ? this.#slab4.view : this.#slab6.view;
  }

  offset(slot: number): number {
    const place = this.#place(slot);
    return place >= 0 ? place * recordLength4 : ~place * recordLength6;
  }

  /** The hash of the record's key. */
  hash(slot: number): number {
    return this.hashes[slot] ?? 0;
  }

  /** Whether the slot is in use. */
  has(slot: number): boolean {
    return this.#used[slot] === 1;
  }

  /** @returns the slot, or -1 */
  find(view: DataView, offset: number, hash: number): number {
    if (this.#index.length === 0) return -1;
    const mask = this.#index.length - 1;
    for (let at = this.#home(hash); ; at = (at + 1) & mask) {
      const slot = (this.#index[at] ?? 0) - 1;
      if (slot < 0) return -1;
      if (this.hashes[slot] === hash && sameKey(view, offset, this.view(slot), this.offset(slot))) return slot;
    }
  }

  /** Adds a record whose key is not in the table. */
  add(view: DataView, offset: number, hash: number): number {
    const slot = this.#takeSlot();
    const four = recordLength(view, offset) === recordLength4;
    this.#places[slot] = four ? this.#slab4.take() : ~this.#slab6.take();
    this.hashes[slot] = hash;
    this.#used[slot] = 1;
    this.write(slot, view, offset);
    this.size++;
    this.#enter(slot, hash);
    return slot;
  }

  /** Another state of the same connection. */
  write(slot: number, view: DataView, offset: number): void {
    const to = this.view(slot);
    const at = this.offset(slot);
    const length = recordLength(view, offset);
    for (let i = 0; i < length; i += 4) to.setUint32(at + i, view.getUint32(offset + i));
  }

  remove(slot: number): void {
    const place = this.#place(slot);
    this.#leave(slot);
    if (place >= 0) this.#slab4.release(place);
    else this.#slab6.release(~place);
    this.#used[slot] = 0;
    this.#places[slot] = this.#freeSlot;
    this.#freeSlot = slot;
    this.size--;
  }

  /** Calls `take` with the record of each slot in use that is `wanted`. */
  each(wanted: (slot: number) => boolean, take: TakeConnection): void {
    for (let slot = 0; slot < this.limit; slot++) {
      if (this.has(slot) && wanted(slot)) take(this.view(slot), this.offset(slot));
    }
  }

  #place(slot: number): number {
    return this.#places[slot] ?? 0;
  }

  #home(hash: number): number {
    return finish(hash ^ this.salt) & (this.#index.length - 1);
  }

  #takeSlot(): number {
    const slot = this.#freeSlot;
    if (slot >= 0) {
      this.#freeSlot = this.#place(slot);
      return slot;
    }
    if (this.limit === this.capacity) this.#grow();
    return this.limit++;
  }

  #enter(slot: number, hash: number): void {
    const mask = this.#index.length - 1;
    let at = this.#home(hash);
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = slot + 1;
  }

  /** Closes the gap, so that no search ends before its record. */
  #leave(slot: number): void {
    const mask = this.#index.length - 1;
    let gap = this.#home(this.hash(slot));
    while (this.#index[gap] !== slot + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; this.#index[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home(this.hash((this.#index[at] ?? 0) - 1));
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.#index[gap] = this.#index[at] ?? 0;
      gap = at;
    }
    this.#index[gap] = 0;
  }

  /** Only when every slot is in use: no free slot is among those that are entered anew. */
  #grow(): void {
    const capacity = Math.max(256, this.capacity * 2);
    this.hashes = grown(this.hashes, new Uint32Array(capacity));
    this.#places = grown(this.#places, new Int32Array(capacity));
    this.#used = grown(this.#used, new Uint8Array(capacity));
    this.#index = new Int32Array(capacity * 2);
    for (let slot = 0; slot < this.limit; slot++) this.#enter(slot, this.hash(slot));
  }
}

/** The record is at this offset; its bytes are not for the caller to keep or to change. */
export type TakeConnection = (view: DataView, offset: number) => void;

/** A larger column with what the smaller one holds. */
export function grown<Column extends { set(from: Column): void }>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
