import { setImmediate as turn } from "node:timers/promises";
import { errno, errnoName } from "../../libc/errno.js";
import { decodeMessages, type NetlinkMessage } from "../../netlink/reader.js";
import { NETLINK_NETFILTER, NetlinkSocket, NLM_F_REQUEST } from "../../netlink/socket.js";
import type { NetlinkWriter } from "../../netlink/writer.js";
import { Batch } from "../batch.js";
import { ownPorts } from "../own-ports.js";
import { subsystemNftables } from "../table.js";
import { decodeElements, encodeElements, type TimedMap } from "./message.js";
import { elementSlot, slotOffsets } from "./slot.js";

/**
 * Maps whose elements expire, and which packets fill as well. Elements are slots (see {@link elementSlot}). All but `dump`
 * is synchronous: a thousand elements take a few milliseconds.
 */
export interface TimedMaps {
  /**
   * The elements of the map in chunks; the event loop has its turn in between. While packets change the map,
   * some elements may be overlooked, and others shown twice: the kernel walks through a table that is being rebuilt.
   * @throws KernelError
   */
  dump(map: TimedMap): AsyncGenerator<ArrayBuffer, void, void>;
  /** Those of the slots whose keys are in the map, as the map has them. */
  find(map: TimedMap, slots: Uint8Array): ArrayBuffer;
  /** Puts the elements in, in place of those with the same keys. */
  put(map: TimedMap, slots: Uint8Array): Placement;
  /** Puts in only those whose keys are not in the map. */
  add(map: TimedMap, slots: Uint8Array): Placement;
  /** Takes out what is there of these keys. */
  remove(map: TimedMap, slots: Uint8Array): void;
  close(): void;
}

export interface Placement {
  /** Offsets of the slots that are not in the map. */
  readonly failed: readonly number[];
  /** What the kernel said, each once: `ENFILE` from a map that is full. */
  readonly errors: ReadonlySet<string>;
}

/** @throws KernelError when the kernel refuses the socket */
export const openTimedMaps = (): TimedMaps => new KernelTimedMaps();

const newElements = (subsystemNftables << 8) | 12;
const NFT_MSG_GETSETELEM = (subsystemNftables << 8) | 13;
/** Elements in one transaction or question: what all the answers take has to fit into the receive buffer. */
const batchSize = 128;
const receiveBuffer = 4 * 1024 * 1024;
const chunkBytes = 65_536;
/** How long a dump keeps the event loop from other things at a time. */
const turnMs = 8;

class KernelTimedMaps implements TimedMaps {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER, { receiveBuffer });
  readonly #port = this.#socket.port;

  constructor() {
    ownPorts.add(this.#port);
  }

  async *dump(map: TimedMap): AsyncGenerator<ArrayBuffer, void, void> {
    // Until it ends, a dump has its socket for itself.
    const socket = new NetlinkSocket(NETLINK_NETFILTER);
    const request = (writer: NetlinkWriter): void => encodeElements(writer, map, new Uint8Array(0), [], "keys");
    try {
      let turnedAt = performance.now();
      for (const datagram of socket.dumpDatagrams(NFT_MSG_GETSETELEM, request)) {
        const chunk = new Chunk();
        for (const message of decodeMessages(datagram)) if (message.type === newElements) chunk.take(message);
        yield chunk.slots;
        if (performance.now() - turnedAt < turnMs) continue;
        await turn();
        turnedAt = performance.now();
      }
    } finally {
      socket.close();
    }
  }

  find(map: TimedMap, slots: Uint8Array): ArrayBuffer {
    const chunk = new Chunk();
    for (const batch of batchesOf(slots)) this.#ask(map, slots, batch, (message) => chunk.take(message));
    return chunk.slots;
  }

  put(map: TimedMap, slots: Uint8Array): Placement {
    return this.#place(map, slots, (existing, missing) => {
      this.#delete(map, slots, existing);
      return [existing, missing];
    });
  }

  add(map: TimedMap, slots: Uint8Array): Placement {
    return this.#place(map, slots, (_existing, missing) => [missing]);
  }

  remove(map: TimedMap, slots: Uint8Array): void {
    for (const batch of batchesOf(slots)) this.#delete(map, slots, this.#existing(map, slots, batch));
  }

  close(): void {
    ownPorts.delete(this.#port);
    this.#socket.close();
  }

  /** `prepare` answers what is to be added, one transaction after the other. */
  #place(
    map: TimedMap,
    slots: Uint8Array,
    prepare: (existing: readonly number[], missing: readonly number[]) => readonly (readonly number[])[],
  ): Placement {
    const failed: number[] = [];
    const errors = new Set<string>();
    for (const batch of batchesOf(slots)) {
      const existing = new Set(this.#existing(map, slots, batch));
      const missing = batch.filter((slot) => !existing.has(slot));
      for (const offsets of prepare([...existing], missing)) {
        const code = this.#change("add", map, slots, offsets);
        if (code === 0) continue;
        failed.push(...offsets);
        errors.add(errnoName(code));
      }
    }
    return { failed, errors };
  }

  /** An element may expire after it was found, and nothing of the transaction is done then. */
  #delete(map: TimedMap, slots: Uint8Array, offsets: readonly number[]): void {
    const code = this.#change("delete", map, slots, offsets);
    if (code === errno.ENOENT) this.#change("delete", map, slots, this.#existing(map, slots, offsets));
  }

  /** One transaction. @returns why the kernel refused it, or 0 */
  #change(how: "add" | "delete", map: TimedMap, slots: Uint8Array, offsets: readonly number[]): number {
    if (offsets.length === 0) return 0;
    const batch = new Batch(this.#socket).changeElements(how, map.table, map.map, (writer) =>
      encodeElements(writer, map, slots, offsets, how === "add" ? "elements" : "keys"),
    );
    return batch.send().find(({ code }) => code !== 0)?.code ?? 0;
  }

  #existing(map: TimedMap, slots: Uint8Array, offsets: readonly number[]): number[] {
    return this.#ask(map, slots, offsets, () => undefined);
  }

  /** A question for each element: the map is never read as a whole. @returns those that are there */
  #ask(
    map: TimedMap,
    slots: Uint8Array,
    offsets: readonly number[],
    take: (message: NetlinkMessage) => void,
  ): number[] {
    const writer = this.#socket.writer();
    const asked = new Map<number, number>();
    for (const slot of offsets) {
      const sequence = this.#socket.nextSequence();
      asked.set(sequence, slot);
      writer.message(NFT_MSG_GETSETELEM, NLM_F_REQUEST, sequence, () =>
        encodeElements(writer, map, slots, [slot], "keys"),
      );
    }
    // What is not there is refused with ENOENT.
    for (const { sequence } of this.#socket.exchange(writer.written, take)) asked.delete(sequence);
    return [...asked.values()];
  }
}

/** Slots that were read, one behind the other. */
class Chunk {
  #view = new DataView(new ArrayBuffer(chunkBytes));
  #length = 0;

  get slots(): ArrayBuffer {
    return this.#view.buffer.slice(0, this.#length) as ArrayBuffer;
  }

  take(message: NetlinkMessage): void {
    // Each element takes more bytes in the message than in its slot.
    this.#reserve(message.body.length);
    decodeElements(message, this.#view, () => {
      this.#length += elementSlot.size;
      return this.#length - elementSlot.size;
    });
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#view.byteLength) return;
    const larger = new Uint8Array(Math.max(this.#view.byteLength * 2, this.#length + count));
    larger.set(new Uint8Array(this.#view.buffer));
    this.#view = new DataView(larger.buffer);
  }
}

function* batchesOf(slots: Uint8Array): Generator<readonly number[]> {
  const all = slotOffsets(slots);
  for (let start = 0; start < all.length; start += batchSize) yield all.slice(start, start + batchSize);
}
