import { elementSlot, type Placement, type TimedMap, type TimedMaps } from "@vipair/kernel";

interface Element {
  readonly slot: Uint8Array;
}

/** A kernel's maps for tests: elements by the key's text, which stay until they are removed. */
export class FakeMaps implements TimedMaps {
  readonly maps = new Map<string, Map<string, Element>>();
  /** Keys that a dump overlooks. */
  readonly overlooked = new Set<string>();
  /** Elements that fit into a map. */
  most = Number.POSITIVE_INFINITY;
  dumps = 0;

  async *dump({ map }: TimedMap): AsyncGenerator<ArrayBuffer, void, void> {
    this.dumps++;
    yield joined([...this.#of(map)].filter(([key]) => !this.overlooked.has(key)).map(([, { slot }]) => slot));
  }

  find({ map }: TimedMap, slots: Uint8Array): ArrayBuffer {
    return joined(split(slots).flatMap(([key]) => this.#of(map).get(key)?.slot ?? []));
  }

  put({ map }: TimedMap, slots: Uint8Array): Placement {
    return this.#place(map, split(slots));
  }

  add({ map }: TimedMap, slots: Uint8Array): Placement {
    return this.#place(
      map,
      split(slots).filter(([key]) => !this.#of(map).has(key)),
    );
  }

  remove({ map }: TimedMap, slots: Uint8Array): void {
    for (const [key] of split(slots)) this.#of(map).delete(key);
  }

  close(): void {}

  /** The elements of a map: key, value, milliseconds, in the order of their keys. */
  shown(map: string): (readonly [key: string, value: number, expires: number])[] {
    const shown = [...this.#of(map)].map(([key, { slot }]) => {
      const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength);
      return [key, view.getUint32(elementSlot.value), view.getUint32(elementSlot.expires)] as const;
    });
    return shown.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  #of(map: string): Map<string, Element> {
    const elements = this.maps.get(map) ?? new Map<string, Element>();
    this.maps.set(map, elements);
    return elements;
  }

  #place(map: string, elements: readonly (readonly [string, Uint8Array])[]): Placement {
    const failed: number[] = [];
    for (const [index, [key, slot]] of elements.entries()) {
      if (this.#of(map).size < this.most || this.#of(map).has(key)) this.#of(map).set(key, { slot });
      else failed.push(index * elementSlot.size);
    }
    return { failed, errors: new Set(failed.length > 0 ? ["ENFILE"] : []) };
  }
}

/** Each element with its key: `192.0.2.1`, or an IPv6 address's words. */
function split(slots: Uint8Array): (readonly [key: string, slot: Uint8Array])[] {
  return Array.from({ length: slots.length / elementSlot.size }, (_, index) => {
    const slot = slots.slice(index * elementSlot.size, (index + 1) * elementSlot.size);
    const isFour = slot.subarray(4, 16).every((byte) => byte === 0);
    return [isFour ? slot.subarray(0, 4).join(".") : Buffer.from(slot.subarray(0, 16)).toString("hex"), slot];
  });
}

const joined = (slots: readonly Uint8Array[]): ArrayBuffer => new Uint8Array(Buffer.concat(slots)).buffer;
