/**
 * Events of the kernel's connections. A thread reads them, so that a busy event loop loses none (see `worker.ts`); the
 * socket is opened here, so that a dump that follows misses nothing, and outlives the thread should that ever fail.
 */
import { Worker } from "node:worker_threads";
import { check } from "../libc/errno.js";
import { libc } from "../libc/libc.js";
import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.js";
import { type Selection, selectionFilter } from "./filter.js";
import { ownPorts } from "./own-ports.js";
import { flowSlot } from "./slot.js";
import type { ReaderOrder, ReaderPost } from "./worker.js";

export type FlowEvents =
  /** Events in the order in which they came about, in slots (see {@link flowSlot}). */
  | { readonly type: "flowsChanged"; readonly slots: ArrayBuffer }
  /** Events were lost before this one: what they said has to be read from the kernel anew. */
  | { readonly type: "overrun"; readonly reason: string };

export interface FlowWatchOptions extends Selection {
  /**
   * Leaves out what does not last: connections that are not assured (TCP that is not established yet, UDP that does not go
   * both ways for a while), and the states between an established TCP connection and a closed one. A flood of SYNs then
   * costs this process nothing, and a connection three events. Everything when left out.
   */
  readonly onlyLasting?: boolean;
  /** Size of the kernel's buffer; an event takes about 1280 of it. 16 MiB when left out: room for 13 000 events. */
  readonly receiveBufferBytes?: number;
}

/** Of births and changes, and of ends. */
export type Followed = "everything" | "ends" | "nothing";

/** A stream of events that lasts until it is closed. It does not keep the process alive. */
export interface FlowWatch {
  /**
   * What is told from now on; everything until this is called. Events that nobody in the network namespace listens to cost
   * the kernel nothing: that is a third of an insertion.
   */
  follow(what: Followed): void;
  /** No event comes after the call; resolves when the thread has ended. */
  close(): Promise<void>;
}

const groups = { new: 1, update: 2, destroy: 3 };
const groupsOf: Readonly<Record<Followed, ReadonlySet<number>>> = {
  everything: new Set(Object.values(groups)),
  ends: new Set([groups.destroy]),
  nothing: new Set(),
};
const defaultReceiveBuffer = 16 * 1024 * 1024;
const restartMs = 100;
const EFD_CLOEXEC = 0x80000;

/**
 * Tells of every connection of the selection that is born, changes or ends, from now on. What this process does itself, by
 * a {@link Conntrack} that was opened before, is no news unless that was opened for it.
 *
 * A connection that was born before `net.netfilter.nf_conntrack_events` was 1 makes no events.
 * @throws KernelError when the kernel refuses the socket
 */
export function watchFlows(options: FlowWatchOptions, listener: (events: FlowEvents) => void): FlowWatch {
  return new KernelFlowWatch(options, listener);
}

class KernelFlowWatch implements FlowWatch {
  readonly #listener: (events: FlowEvents) => void;
  readonly #socket: NetlinkSocket;
  readonly #end: number;
  readonly #order: ReaderOrder;
  readonly #ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  /** The thread, or the timer that starts the one after it. */
  #worker: Worker | NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: FlowWatchOptions, listener: (events: FlowEvents) => void) {
    const { mark, mask, onlyLasting = false, receiveBufferBytes = defaultReceiveBuffer } = options;
    const selection = { mark, mask };
    const own = new Set(ownPorts);
    this.#listener = listener;
    this.#end = check(libc.eventfd(0, EFD_CLOEXEC), "eventfd");
    this.#socket = new NetlinkSocket(NETLINK_NETFILTER, {
      groups: Object.values(groups),
      // The kernel doubles it.
      receiveBuffer: receiveBufferBytes / 2,
      broadcastErrors: true,
      filter: selectionFilter(selection, own, onlyLasting),
    });
    const waiting = new Int32Array(new SharedArrayBuffer(4));
    this.#order = { socket: this.#socket.fd, end: this.#end, selection, ownPorts: own, waiting };
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    // The process's end waits for its threads.
    process.on("exit", this.#tellEnd);
    this.#start();
  }

  follow(what: Followed): void {
    if (this.#closed) return;
    for (const group of Object.values(groups)) {
      if (groupsOf[what].has(group)) this.#socket.join(group);
      else this.#socket.leave(group);
    }
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      process.off("exit", this.#tellEnd);
      if (this.#worker instanceof Worker) {
        this.#worker.ref();
        this.#tellEnd();
      } else {
        clearTimeout(this.#worker);
        this.#release();
      }
    }
    return this.#ended;
  }

  readonly #tellEnd = (): void => {
    const one = Buffer.alloc(8);
    one.writeUInt32LE(1);
    libc.write(this.#end, one, one.length);
  };

  #start(): void {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: this.#order });
    let reason = "the thread that reads them ended";
    worker.on("message", (post: ReaderPost) => this.#take(post));
    worker.on("error", (error) => {
      reason = `the thread that reads them failed: ${error.message}`;
    });
    worker.once("exit", () => this.#becomeEnded(reason));
    worker.unref();
    this.#worker = worker;
  }

  #take(post: ReaderPost): void {
    if (post !== "overrun") Atomics.sub(this.#order.waiting, 0, post.byteLength / flowSlot.size);
    if (this.#closed) return;
    if (post === "overrun") this.#listener({ type: "overrun", reason: "they came faster than they were read" });
    else this.#listener({ type: "flowsChanged", slots: post });
  }

  /** The socket is still there: a thread that follows reads on. */
  #becomeEnded(reason: string): void {
    if (this.#closed) return this.#release();
    this.#worker = setTimeout(() => {
      Atomics.store(this.#order.waiting, 0, 0);
      this.#start();
      this.#listener({ type: "overrun", reason });
    }, restartMs);
    this.#worker.unref();
  }

  #release(): void {
    this.#socket.close();
    libc.close(this.#end);
    this.#resolveEnded();
  }
}
