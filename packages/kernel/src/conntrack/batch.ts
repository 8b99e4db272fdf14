import { recordFields } from "@vipair/model";
import { decodeSlot } from "./decode.js";
import type { Selection } from "./filter.js";
import { flowSlot } from "./slot.js";

/** Slots that are filled one behind the other and handed on together. */
export class SlotBatch {
  readonly #buffer: ArrayBuffer;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #used = 0;

  constructor(
    readonly selection: Selection,
    capacity: number,
    /** The kind of every slot; that of the event when left out. */
    readonly kind?: number,
  ) {
    this.#buffer = new ArrayBuffer(capacity * flowSlot.size);
    this.#bytes = new Uint8Array(this.#buffer);
    this.#view = new DataView(this.#buffer);
  }

  /** How many slots are filled. */
  get count(): number {
    return this.#used / flowSlot.size;
  }

  get full(): boolean {
    return this.#used === this.#buffer.byteLength;
  }

  /**
   * Fills the next slot from the netlink message at `start`, if that is of the selection and not of `ownPorts`. There must
   * be room.
   * @returns whether it was
   */
  take(messages: DataView, start: number, ownPorts?: ReadonlySet<number>): boolean {
    const slot = this.#used;
    const { mark, mask } = this.selection;
    const wanted =
      decodeSlot(messages, start, this.#view, slot) &&
      ((this.#view.getUint32(slot + flowSlot.record + recordFields.mark) ^ mark) & mask) === 0 &&
      ownPorts?.has(this.#view.getUint32(slot + flowSlot.originator)) !== true;
    if (wanted && this.kind !== undefined) this.#view.setUint8(slot + flowSlot.kind, this.kind);
    if (wanted) this.#used += flowSlot.size;
    else this.#bytes.fill(0, slot, slot + flowSlot.size);
    return wanted;
  }

  /** What was filled, for the caller to keep; the batch is empty again. */
  flush(): ArrayBuffer {
    const filled = this.#buffer.slice(0, this.#used);
    this.#bytes.fill(0, 0, this.#used);
    this.#used = 0;
    return filled;
  }
}
