const firstCapacity = 256;

/** Records of one length side by side in one buffer. A free place holds the number of the next free one. */
export class Slab {
  view = new DataView(new ArrayBuffer(0));
  #used = 0;
  #free = -1;

  constructor(readonly stride: number) {}

  /** Bytes of memory held. */
  get bytes(): number {
    return this.view.byteLength;
  }

  /** A place whose bytes are for the caller to write. */
  take(): number {
    const free = this.#free;
    if (free >= 0) {
      this.#free = this.view.getInt32(free * this.stride);
      return free;
    }
    if ((this.#used + 1) * this.stride > this.view.byteLength) this.#grow();
    return this.#used++;
  }

  release(place: number): void {
    this.view.setInt32(place * this.stride, this.#free);
    this.#free = place;
  }

  #grow(): void {
    const grown = new Uint8Array(Math.max(firstCapacity * this.stride, this.view.byteLength * 2));
    grown.set(new Uint8Array(this.view.buffer));
    this.view = new DataView(grown.buffer);
  }
}
