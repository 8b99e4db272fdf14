import { readFileSync } from "node:fs";
import type { Flow } from "@vipair/model";
import { errno, errnoName } from "../libc/errno.js";
import {
  NETLINK_NETFILTER,
  NetlinkSocket,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from "../netlink/socket.js";
import type { NetlinkWriter } from "../netlink/writer.js";
import * as ct from "./attributes.js";
import { dumpSlots, readChunks } from "./dump.js";
import { encodeFlow, encodeKey, type Slots } from "./encode.js";
import type { Selection } from "./filter.js";
import { ownPorts } from "./own-ports.js";
import { type FlowKey, flowSlot, readFlow, slotKey, writeFlow, writeKey } from "./slot.js";

export interface InsertOptions {
  /** Leaves an entry with the same original tuple as it is, where it would be replaced otherwise. */
  readonly keepExisting?: boolean;
  /**
   * Seconds that an entry lasts at least, if it is not of TCP. Traffic that refreshes such an entry makes no event, so a
   * copy of it has to last until its timeout is told again.
   */
  readonly minimumTimeout?: number;
}

export interface Insertion {
  readonly inserted: number;
  /** Left as they were: see {@link InsertOptions.keepExisting}. */
  readonly kept: number;
  readonly failed: number;
  /** Which of the flows the kernel refused. */
  readonly refused: readonly number[];
  /** How often the kernel refused, by the name of the error. */
  readonly errors: ReadonlyMap<string, number>;
}

/** The kernel's table of connections. All but `dumpSlots` is synchronous: 100 000 flows take about half a second. */
export interface Conntrack {
  /** The selection is made by the kernel. @throws KernelError */
  dump(selection: Selection): Flow[];
  /** The same as bytes and without blocking the event loop: see {@link flowSlot}. @throws KernelError */
  dumpSlots(selection: Selection): AsyncGenerator<ArrayBuffer, void, void>;
  /** Creates the flows, in place of older ones with the same original tuple. @throws KernelError */
  insert(flows: readonly Flow[], options?: InsertOptions): Insertion;
  /** The same for flows in slots (see {@link flowSlot}), whatever their kind. @throws KernelError */
  insertSlots(slots: ArrayBuffer | Uint8Array, options?: InsertOptions): Insertion;
  /** @returns how many were there and are gone */
  remove(keys: readonly FlowKey[]): number;
  /** The same by the keys in the slots. */
  removeSlots(slots: ArrayBuffer | Uint8Array): number;
  /** All entries of the kernel's table, ours or not. */
  count(): number;
  close(): void;
}

export interface ConntrackOptions {
  /** What it does is news to this process's own `watchFlows` as well. */
  readonly isNews?: boolean;
}

/** @throws KernelError when the kernel refuses the socket */
export function openConntrack({ isNews = false }: ConntrackOptions = {}): Conntrack {
  return new KernelConntrack(isNews);
}

const batchSize = 128;
/** For the refusals of a whole batch, and for a dump's datagrams. */
const receiveBuffer = 4 * 1024 * 1024;

class KernelConntrack implements Conntrack {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER, { receiveBuffer });
  readonly #port = this.#socket.port;

  constructor(isNews: boolean) {
    if (!isNews) ownPorts.add(this.#port);
  }

  dump(selection: Selection): Flow[] {
    // A table that is resized or changed while it is read may show an entry twice.
    const flows = new Map<string, Flow>();
    for (const chunk of readChunks(this.#socket, selection)) {
      if (chunk === undefined) continue;
      const bytes = Buffer.from(chunk);
      const view = new DataView(chunk);
      for (let slot = 0; slot < bytes.length; slot += flowSlot.size) {
        flows.set(slotKey(bytes, slot), readFlow(view, slot));
      }
    }
    return [...flows.values()];
  }

  dumpSlots(selection: Selection): AsyncGenerator<ArrayBuffer, void, void> {
    return dumpSlots(selection);
  }

  insert(flows: readonly Flow[], options: InsertOptions = {}): Insertion {
    return this.#insert(slotsFrom(flows, writeFlow), options);
  }

  insertSlots(slots: ArrayBuffer | Uint8Array, options: InsertOptions = {}): Insertion {
    return this.#insert(slotsOf(slots), options);
  }

  remove(keys: readonly FlowKey[]): number {
    const slots = slotsFrom(keys, writeKey);
    return this.#remove(slots, offsetsOf(slots));
  }

  removeSlots(slots: ArrayBuffer | Uint8Array): number {
    const taken = slotsOf(slots);
    return this.#remove(taken, offsetsOf(taken));
  }

  count(): number {
    return Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8"));
  }

  close(): void {
    ownPorts.delete(this.#port);
    this.#socket.close();
  }

  #insert(slots: Slots, { keepExisting = false, minimumTimeout = 0 }: InsertOptions): Insertion {
    const all = offsetsOf(slots);
    const create = (offsets: readonly number[]): Refusal[] =>
      this.#send(ct.IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, offsets, (writer, slot) =>
        encodeFlow(writer, slots, slot, minimumTimeout),
      );
    const refusals = create(all);
    const existing = refusals.filter(({ code }) => code === errno.EEXIST).map(({ slot }) => slot);
    const failures = refusals.filter(({ code }) => code !== errno.EEXIST);
    if (!keepExisting && existing.length > 0) {
      this.#remove(slots, existing);
      failures.push(...create(existing));
    }
    const kept = keepExisting ? existing.length : 0;
    const errors = new Map<string, number>();
    for (const { code } of failures) errors.set(errnoName(code), (errors.get(errnoName(code)) ?? 0) + 1);
    const refused = failures.map(({ slot }) => slot / flowSlot.size);
    return { inserted: all.length - kept - refused.length, kept, failed: refused.length, refused, errors };
  }

  #remove(slots: Slots, offsets: readonly number[]): number {
    const encode = (writer: NetlinkWriter, slot: number): void => encodeKey(writer, slots, slot);
    return offsets.length - this.#send(ct.IPCTNL_MSG_CT_DELETE, 0, offsets, encode).length;
  }

  /** One message for each slot, in batches. Refusals are always answered; an acknowledgement is asked of the last alone. */
  #send(
    type: number,
    flags: number,
    offsets: readonly number[],
    encode: (writer: NetlinkWriter, slot: number) => void,
  ): Refusal[] {
    const refusals: Refusal[] = [];
    for (let start = 0; start < offsets.length; start += batchSize) {
      const batch = offsets.slice(start, start + batchSize);
      const writer = this.#socket.writer();
      const pending = new Map<number, number>();
      for (const slot of batch) {
        const sequence = this.#socket.nextSequence();
        pending.set(sequence, slot);
        const last = pending.size === batch.length ? NLM_F_ACK : 0;
        writer.message(type, flags | NLM_F_REQUEST | last, sequence, () => encode(writer, slot));
      }
      for (const { sequence, code } of this.#socket.exchange(writer.written)) {
        const slot = pending.get(sequence);
        if (slot !== undefined && code !== 0) refusals.push({ slot, code });
      }
    }
    return refusals;
  }
}

interface Refusal {
  readonly slot: number;
  readonly code: number;
}

function slotsOf(slots: ArrayBuffer | Uint8Array): Slots {
  const bytes = slots instanceof Uint8Array ? slots : new Uint8Array(slots);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

function slotsFrom<Item>(items: readonly Item[], write: (view: DataView, slot: number, item: Item) => void): Slots {
  const slots = slotsOf(new ArrayBuffer(items.length * flowSlot.size));
  items.forEach((item, index) => {
    write(slots.view, index * flowSlot.size, item);
  });
  return slots;
}

const offsetsOf = ({ bytes }: Slots): number[] =>
  Array.from({ length: Math.floor(bytes.length / flowSlot.size) }, (_, index) => index * flowSlot.size);
