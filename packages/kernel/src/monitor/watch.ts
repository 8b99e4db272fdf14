/**
 * Kernel events. libuv refuses to poll a netlink socket, so each watch keeps one thread of libuv's pool in a blocking
 * read: a process with N watches needs a pool of more than N threads (`UV_THREADPOOL_SIZE`, 4 when left out), or its file
 * and DNS operations wait. The read times out now and then, and the kernel is made to answer something when it shall end.
 */
import { read } from "node:fs";
import { errno, errnoName } from "../libc/errno.js";
import { decodeMessages, type NetlinkMessage } from "../netlink/reader.js";
import { NetlinkSocket } from "../netlink/socket.js";

/** A stream of events that lasts until it is closed, and keeps the process alive until then. */
export interface Watch {
  close(): void;
}

export interface NetlinkWatch extends Watch {
  /** Replaces the filter. What has arrived already is shown. */
  filter(filter: Uint8Array): void;
}

/** Events were lost because they came faster than they were read: what they said has to be read from the kernel anew. */
export interface Overrun {
  readonly type: "overrun";
}

/** How long a read may block, should waking it fail. */
const readTimeoutMs = 1000;
/** An event takes about 1280 bytes of it: room for some 3000. */
const usualBuffer = 4 * 1024 * 1024;

export interface WatchOptions {
  /** Lets pass what it returns more than 0 for. */
  readonly filter?: Uint8Array;
  /** Bytes of events that may wait to be read; memory is taken only while they wait. */
  readonly receiveBuffer?: number;
}

/** @throws KernelError when the kernel refuses the socket or a group */
export function watchNetlink(
  protocol: number,
  groups: readonly number[],
  take: (message: NetlinkMessage) => void,
  overrun: () => void,
  { filter, receiveBuffer = usualBuffer }: WatchOptions = {},
): NetlinkWatch {
  const socket = new NetlinkSocket(protocol, {
    groups,
    receiveBuffer,
    readTimeoutMs,
    ...(filter === undefined ? {} : { filter }),
  });
  const datagram = Buffer.alloc(65_536);
  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    process.off("exit", close);
    socket.wake();
  };
  const readNext = () => read(socket.fd, datagram, 0, datagram.length, null, received);
  const received = (error: NodeJS.ErrnoException | null, length: number) => {
    if (closed) return socket.close();
    const code = -(error?.errno ?? 0);
    if (code === 0) for (const message of decodeMessages(datagram.subarray(0, length))) take(message);
    else if (code === errno.ENOBUFS) {
      // Until its queue is empty the kernel drops further events without a word: empty it before the caller looks.
      socket.discardUnread();
      overrun();
    } else if (code !== errno.EAGAIN && code !== errno.EINTR) {
      throw new Error(`read netlink events: ${errnoName(code)}`, { cause: error });
    }
    readNext();
  };
  // The process's end waits for the pool's threads.
  process.on("exit", close);
  readNext();
  return {
    filter: (replacement) => {
      if (!closed) socket.filter(replacement);
    },
    close,
  };
}
