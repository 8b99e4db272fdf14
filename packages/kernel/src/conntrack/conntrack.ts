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
import { decodeFlow } from "./decode.js";
import { encodeFlow, encodeKey } from "./encode.js";

/** Flows whose mark, under the mask, equals `mark`. */
export interface Selection {
  readonly mark: number;
  readonly mask: number;
}

export interface Insertion {
  readonly inserted: number;
  readonly failed: number;
  /** How often the kernel refused, by the name of the error. */
  readonly errors: ReadonlyMap<string, number>;
}

/** The kernel's table of connections. Everything is synchronous: 100 000 flows take about a second. */
export interface Conntrack {
  /** The selection is made by the kernel. @throws KernelError */
  dump(selection: Selection): Flow[];
  /** Creates the flows, in place of older ones with the same original tuple. @throws KernelError */
  insert(flows: readonly Flow[]): Insertion;
  /** @returns how many were there and are gone */
  remove(flows: readonly Flow[]): number;
  /** Removes the flows of the selection for which the predicate holds. @returns how many are gone */
  removeWhere(selection: Selection, predicate: (flow: Flow) => boolean): number;
  /** All entries of the kernel's table, ours or not. */
  count(): number;
  close(): void;
}

/** @throws KernelError when the kernel refuses the socket */
export function openConntrack(): Conntrack {
  return new KernelConntrack();
}

const batchSize = 128;
/** For the refusals of a whole batch, and for a dump's datagrams. */
const receiveBuffer = 4 * 1024 * 1024;

class KernelConntrack implements Conntrack {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER, { receiveBuffer });

  dump({ mark, mask }: Selection): Flow[] {
    // A table that is resized or changed while it is read may show an entry twice.
    const flows = new Map<string, Flow>();
    const request = (writer: NetlinkWriter) => {
      writer.u8(0).u8(0).be16(0).attributeBe32(ct.CTA_MARK, mark).attributeBe32(ct.CTA_MARK_MASK, mask);
    };
    this.#socket.dump(ct.IPCTNL_MSG_CT_GET, request, (message) => {
      const flow = decodeFlow(message);
      if (flow !== undefined) flows.set(flowKey(flow), flow);
    });
    return [...flows.values()];
  }

  insert(flows: readonly Flow[]): Insertion {
    const refusals = this.#create(flows);
    const existing = refusals.filter(({ code }) => code === errno.EEXIST).map(({ flow }) => flow);
    this.remove(existing);
    const final = [...refusals.filter(({ code }) => code !== errno.EEXIST), ...this.#create(existing)];
    const errors = new Map<string, number>();
    for (const { code } of final) errors.set(errnoName(code), (errors.get(errnoName(code)) ?? 0) + 1);
    return { inserted: flows.length - final.length, failed: final.length, errors };
  }

  remove(flows: readonly Flow[]): number {
    return flows.length - this.#send(ct.IPCTNL_MSG_CT_DELETE, 0, flows, encodeKey).length;
  }

  removeWhere(selection: Selection, predicate: (flow: Flow) => boolean): number {
    return this.remove(this.dump(selection).filter(predicate));
  }

  count(): number {
    return Number(readFileSync("/proc/sys/net/netfilter/nf_conntrack_count", "utf8"));
  }

  close(): void {
    this.#socket.close();
  }

  #create(flows: readonly Flow[]): Refusal[] {
    return this.#send(ct.IPCTNL_MSG_CT_NEW, NLM_F_CREATE | NLM_F_EXCL, flows, encodeFlow);
  }

  /** One message for each flow, in batches. Refusals are always answered; an acknowledgement is asked of the last alone. */
  #send(
    type: number,
    flags: number,
    flows: readonly Flow[],
    encode: (writer: NetlinkWriter, flow: Flow) => void,
  ): Refusal[] {
    const refusals: Refusal[] = [];
    for (let start = 0; start < flows.length; start += batchSize) {
      const batch = flows.slice(start, start + batchSize);
      const pending = new Map<number, Flow>();
      const writer = this.#socket.writer();
      for (const flow of batch) {
        const sequence = this.#socket.nextSequence();
        pending.set(sequence, flow);
        const last = pending.size === batch.length ? NLM_F_ACK : 0;
        writer.message(type, flags | NLM_F_REQUEST | last, sequence, () => encode(writer, flow));
      }
      for (const { sequence, code } of this.#socket.exchange(writer.written)) {
        const flow = pending.get(sequence);
        if (flow !== undefined && code !== 0) refusals.push({ flow, code });
      }
    }
    return refusals;
  }
}

interface Refusal {
  readonly flow: Flow;
  readonly code: number;
}

const flowKey = ({ protocol, original: { source, sourcePort, destination, destinationPort } }: Flow): string =>
  `${protocol} ${source.text} ${sourcePort} ${destination.text} ${destinationPort}`;
