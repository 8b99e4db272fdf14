/**
 * The thread behind {@link watchFlows}. It never returns to its event loop: it waits in `poll` for the socket of the events
 * and for an eventfd by which it is told to end, and posts what it reads.
 *
 *     poll(socket, end) ─ readable ─> poll(end) for 5 ms ─> receive, decode, post … until there is no more ─> again
 *
 * Everybody behind this thread is woken for each batch, down to the other node's kernel, and being woken costs more than a
 * handful of events. So each batch is what 5 ms bring, and a lone event waits as long.
 */
import { parentPort, workerData } from "node:worker_threads";
import { check, errno, lastErrno } from "../libc/errno.js";
import { libc } from "../libc/libc.js";
import { Datagrams } from "../netlink/datagrams.js";
import { SlotBatch } from "./batch.js";
import type { Selection } from "./filter.js";

/** What {@link watchFlows} tells its thread. */
export interface ReaderOrder {
  /** Socket with the events. */
  readonly socket: number;
  /** Readable when the thread shall end. */
  readonly end: number;
  readonly selection: Selection;
  readonly ownPorts: ReadonlySet<number>;
  /** One number: slots that were posted and not yet taken. */
  readonly waiting: Int32Array;
}

/** What the thread posts: slots, or that the kernel dropped events. */
export type ReaderPost = ArrayBuffer | "overrun";

const POLLIN = 1;
const slotsPerBatch = 512;
const gatherMs = 5;
/** Should the eventfd ever fail, the thread looks around this often. */
const patienceMs = 1000;
/** Slots, 64 MB of them, after which the thread leaves further events to the kernel's buffer. */
const mostWaiting = 500_000;
/** Longer than any event. */
const datagramSize = 4096;

const { socket, end, selection, ownPorts, waiting } = workerData as ReaderOrder;
const batch = new SlotBatch(selection, slotsPerBatch);
const datagrams = new Datagrams(64, datagramSize);
/** `struct pollfd` of the end, then of the socket. */
const entries = Buffer.alloc(16);
entries.writeInt32LE(end, 0);
entries.writeUInt16LE(POLLIN, 4);
entries.writeInt32LE(socket, 8);
entries.writeUInt16LE(POLLIN, 12);

while (!endsWithin(patienceMs, 2)) {
  if (entries.readUInt16LE(14) === 0) continue;
  if (endsWithin(gatherMs, 1)) break;
  drain();
}

/** Waits for the first `count` of the entries; `true` when the thread shall end. */
function endsWithin(timeoutMs: number, count: number): boolean {
  entries.writeUInt16LE(0, 14);
  const ready = libc.poll(entries, count, timeoutMs);
  if (ready < 0 && lastErrno() === errno.EINTR) return false;
  check(ready, "poll netlink events");
  return ready > 0 && entries.readUInt16LE(6) !== 0;
}

/** Reads until nothing is left, or nobody takes what is read. */
function drain(): void {
  let overrun = false;
  while (Atomics.load(waiting, 0) < mostWaiting) {
    const received = datagrams.receive(socket);
    if (received === 0) break;
    // From here on the kernel drops events without a word until all are read: only then does it help to look anew.
    if (received === "overrun") overrun = true;
    else decode(received);
  }
  flush();
  if (overrun) post("overrun");
}

function decode(received: number): void {
  for (let index = 0; index < received; index++) {
    const start = index * datagrams.size;
    // The kernel puts one event into a datagram.
    if (datagrams.lengthOf(index) < 20) continue;
    if (batch.take(datagrams.view, start, ownPorts) && batch.full) flush();
  }
}

function flush(): void {
  if (batch.count === 0) return;
  Atomics.add(waiting, 0, batch.count);
  post(batch.flush());
}

function post(message: ReaderPost): void {
  parentPort?.postMessage(message, message === "overrun" ? [] : [message]);
}
