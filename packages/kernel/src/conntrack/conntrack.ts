import { encodeRecords, type Flow, recordLength, type Tuple } from "@vipair/model";
import { errno, errnoName } from "../libc/errno.js";
import {
  NETLINK_NETFILTER,
  NetlinkSocket,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
} from "../netlink/socket.js";
import { dumpSlots, readChunks } from "./dump.js";
import { encodeCreation, encodeDeletion, type Records } from "./encode.js";
import type { Selection } from "./filter.js";
import { ownPorts } from "./own-ports.js";
import { conntrackSetting } from "./settings.js";
import { findFlow, refreshFlow } from "./single.js";
import { flowSlot, readFlow, slotKey } from "./slot.js";

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
  /** Where in the bytes that were given the flows are that the kernel refused. */
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
  /**
   * The connection that packets with this tuple belong to, whichever of its two directions that is.
   * @param protocol IANA protocol number
   * @throws KernelError
   */
  find(protocol: number, tuple: Tuple): Flow | undefined;
  /** Lets the connection last for so many seconds from now. @returns whether it was there @throws KernelError */
  refresh(flow: Flow, seconds: number): boolean;
  /** Creates the flows, in place of older ones with the same original tuple. @throws KernelError */
  insert(flows: readonly Flow[], options?: InsertOptions): Insertion;
  /** The same for records that are packed one after the other. @throws KernelError */
  insertRecords(records: Uint8Array, options?: InsertOptions): Insertion;
  /** The same for flows in slots (see {@link flowSlot}), whatever their kind. @throws KernelError */
  insertSlots(slots: ArrayBuffer | Uint8Array, options?: InsertOptions): Insertion;
  /** Of packed records only the keys count. @returns how many were there and are gone */
  removeRecords(records: Uint8Array): number;
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
      const view = new DataView(chunk);
      for (let slot = 0; slot < view.byteLength; slot += flowSlot.size) {
        flows.set(slotKey(view, slot), readFlow(view, slot));
      }
    }
    return [...flows.values()];
  }

  dumpSlots(selection: Selection): AsyncGenerator<ArrayBuffer, void, void> {
    return dumpSlots(selection);
  }

  find(protocol: number, tuple: Tuple): Flow | undefined {
    return findFlow(this.#socket, protocol, tuple);
  }

  refresh(flow: Flow, seconds: number): boolean {
    return refreshFlow(this.#socket, flow, seconds);
  }

  insert(flows: readonly Flow[], options?: InsertOptions): Insertion {
    return this.insertRecords(encodeRecords(flows), options);
  }

  insertRecords(records: Uint8Array, options: InsertOptions = {}): Insertion {
    const taken = recordsOf(records);
    return this.#insert(taken, packedOffsets(taken), options);
  }

  insertSlots(slots: ArrayBuffer | Uint8Array, options: InsertOptions = {}): Insertion {
    const taken = recordsOf(slots);
    return this.#insert(taken, slotOffsets(taken), options);
  }

  removeRecords(records: Uint8Array): number {
    const taken = recordsOf(records);
    return this.#remove(taken, packedOffsets(taken));
  }

  removeSlots(slots: ArrayBuffer | Uint8Array): number {
    const taken = recordsOf(slots);
    return this.#remove(taken, slotOffsets(taken));
  }

  count(): number {
    return conntrackSetting("count");
  }

  close(): void {
    ownPorts.delete(this.#port);
    this.#socket.close();
  }

  #insert(records: Records, all: readonly number[], options: InsertOptions): Insertion {
    const { keepExisting = false, minimumTimeout = 0 } = options;
    const create = (offsets: readonly number[]): Refusal[] =>
      this.#send(offsets, (record, flags, sequence) =>
        encodeCreation(records, record, flags | NLM_F_CREATE | NLM_F_EXCL, sequence, minimumTimeout),
      );
    const refusals = create(all);
    const existing = refusals.filter(({ code }) => code === errno.EEXIST).map(({ record }) => record);
    const failures = refusals.filter(({ code }) => code !== errno.EEXIST);
    if (!keepExisting && existing.length > 0) {
      this.#remove(records, existing);
      failures.push(...create(existing));
    }
    const kept = keepExisting ? existing.length : 0;
    const errors = new Map<string, number>();
    for (const { code } of failures) errors.set(errnoName(code), (errors.get(errnoName(code)) ?? 0) + 1);
    const refused = failures.map(({ record }) => record);
    return { inserted: all.length - kept - refused.length, kept, refused, errors };
  }

  #remove(records: Records, offsets: readonly number[]): number {
    const refusals = this.#send(offsets, (record, flags, sequence) => encodeDeletion(records, record, flags, sequence));
    return offsets.length - refusals.length;
  }

  /** One message for each record, in batches. Refusals are always answered; an acknowledgement is asked of the last alone. */
  #send(
    offsets: readonly number[],
    encode: (record: number, flags: number, sequence: number) => Uint8Array,
  ): Refusal[] {
    const refusals: Refusal[] = [];
    for (let start = 0; start < offsets.length; start += batchSize) {
      const batch = offsets.slice(start, start + batchSize);
      const writer = this.#socket.writer();
      const first = this.#socket.nextSequence(batch.length);
      batch.forEach((record, index) => {
        const last = index === batch.length - 1 ? NLM_F_ACK : 0;
        writer.raw(encode(record, NLM_F_REQUEST | last, first + index));
      });
      for (const { sequence, code } of this.#socket.exchange(writer.written)) {
        const record = batch[sequence - first];
        if (record !== undefined && code !== 0) refusals.push({ record, code });
      }
    }
    return refusals;
  }
}

interface Refusal {
  /** Offset of the record. */
  readonly record: number;
  readonly code: number;
}

function recordsOf(taken: ArrayBuffer | Uint8Array): Records {
  const bytes = taken instanceof Uint8Array ? taken : new Uint8Array(taken);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

function packedOffsets({ view }: Records): number[] {
  const offsets: number[] = [];
  for (let at = 0; at < view.byteLength; at += recordLength(view, at)) offsets.push(at);
  return offsets;
}

function slotOffsets({ view }: Records): number[] {
  const offsets: number[] = [];
  for (let at = flowSlot.record; at < view.byteLength; at += flowSlot.size) offsets.push(at);
  return offsets;
}
