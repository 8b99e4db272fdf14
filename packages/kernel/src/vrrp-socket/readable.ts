/**
 * Tells when descriptors that libuv cannot poll have something to read. One thread of libuv's pool waits in `poll` for all of
 * them, and for an eventfd by which it is told that the set has changed; it waits again when all that was there is read.
 */
import { check } from "../libc/errno.js";
import { libc, pollAside } from "../libc/libc.js";
import type { Watch } from "../monitor/watch.js";

export interface ReadableWatch extends Watch {
  /** Calls `read`, which must read all there is, whenever there is something; before the descriptor is closed: `remove`. */
  add(fd: number, read: () => void): void;
  remove(fd: number): void;
}

const POLLIN = 1;
const EFD_NONBLOCK = 0x800;
const EFD_CLOEXEC = 0x80000;
const entrySize = 8;
/** Should the eventfd ever fail, the thread looks around this often. */
const patienceMs = 1_000;

/** It keeps the process alive until it is closed. */
export function watchReadable(): ReadableWatch {
  const wake = check(libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd");
  const readers = new Map<number, () => void>();
  let closed = false;

  const waitFor = (): void => {
    const fds = [wake, ...readers.keys()];
    const entries = Buffer.alloc(fds.length * entrySize);
    for (const [index, fd] of fds.entries()) {
      entries.writeInt32LE(fd, index * entrySize);
      entries.writeUInt16LE(POLLIN, index * entrySize + 4);
    }
    pollAside(entries, fds.length, patienceMs, () => {
      if (closed) return release();
      readReady(fds, entries);
      waitFor();
    });
  };
  const readReady = (fds: readonly number[], entries: Buffer): void => {
    for (const [index, fd] of fds.entries()) {
      if (entries.readUInt16LE(index * entrySize + 6) === 0) continue;
      if (fd === wake) drain();
      else readers.get(fd)?.();
    }
  };
  const counter = Buffer.alloc(8);
  const drain = (): void => {
    libc.read(wake, counter, counter.length);
  };
  const tell = (): void => {
    const one = Buffer.alloc(8);
    one.writeUInt32LE(1);
    libc.write(wake, one, one.length);
  };
  const release = (): void => {
    process.off("exit", tell);
    libc.close(wake);
  };

  // The process's end waits for the pool's threads.
  process.on("exit", tell);
  waitFor();
  return {
    add: (fd, read) => {
      readers.set(fd, read);
      tell();
    },
    remove: (fd) => {
      readers.delete(fd);
      tell();
    },
    close: () => {
      if (closed) return;
      closed = true;
      tell();
    },
  };
}
