/**
 * The C library, as far as this package needs it. Every struct is a Buffer packed by hand; a wrong prototype here is a
 * segmentation fault somewhere else, so prototypes live in this one file. All calls run on the calling thread.
 */
import koffi from "koffi";

const library = koffi.load("libc.so.6");

type Bytes = Uint8Array;

const poll = library.func("int poll(void *, unsigned long, int)");

export const libc: {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Bytes, length: number) => number;
  readonly close: (fd: number) => number;
  readonly send: (fd: number, bytes: Bytes, length: number, flags: number) => number;
  readonly sendto: (fd: number, bytes: Bytes, length: number, flags: number, to: Bytes, toLength: number) => number;
  readonly recv: (fd: number, into: Bytes, length: number, flags: number) => number;
  readonly sendmsg: (fd: number, header: Bytes, flags: number) => number;
  readonly recvmsg: (fd: number, header: Bytes, flags: number) => number;
  readonly setsockopt: (fd: number, level: number, option: number, value: Bytes, length: number) => number;
  readonly getsockopt: (fd: number, level: number, option: number, value: Bytes, length: Bytes) => number;
  readonly getsockname: (fd: number, address: Bytes, length: Bytes) => number;
  readonly recvmmsg: (fd: number, headers: Bytes, count: number, flags: number, timeout: null) => number;
  readonly poll: (entries: Bytes, count: number, timeoutMs: number) => number;
  readonly eventfd: (initial: number, flags: number) => number;
  readonly read: (fd: number, into: Bytes, length: number) => number;
  readonly write: (fd: number, bytes: Bytes, length: number) => number;
  readonly ioctl: (fd: number, request: number, argument: Bytes) => number;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly if_nametoindex: (name: string) => number;
  readonly clock_gettime: (clock: number, time: Bytes) => number;
  readonly sched_setscheduler: (thread: number, policy: number, parameter: Bytes) => number;
  readonly setpriority: (which: number, who: number, priority: number) => number;
  readonly mlock2: (start: bigint, length: bigint, flags: number) => number;
  /** For calls that the library has no function of. */
  readonly syscall: (number: number, first: number, second: Bytes, third: number) => number;
} = {
  socket: library.func("int socket(int, int, int)"),
  bind: library.func("int bind(int, const void *, uint32_t)"),
  close: library.func("int close(int)"),
  send: library.func("long send(int, const void *, size_t, int)"),
  sendto: library.func("long sendto(int, const void *, size_t, int, const void *, uint32_t)"),
  recv: library.func("long recv(int, void *, size_t, int)"),
  sendmsg: library.func("long sendmsg(int, const void *, int)"),
  recvmsg: library.func("long recvmsg(int, void *, int)"),
  setsockopt: library.func("int setsockopt(int, int, int, const void *, uint32_t)"),
  getsockopt: library.func("int getsockopt(int, int, int, void *, void *)"),
  getsockname: library.func("int getsockname(int, void *, void *)"),
  recvmmsg: library.func("int recvmmsg(int, void *, unsigned int, int, void *)"),
  poll,
  eventfd: library.func("int eventfd(unsigned int, int)"),
  read: library.func("long read(int, void *, size_t)"),
  write: library.func("long write(int, const void *, size_t)"),
  ioctl: library.func("int ioctl(int, unsigned long, void *)"),
  fcntl: library.func("int fcntl(int, int, long)"),
  if_nametoindex: library.func("uint32_t if_nametoindex(const char *)"),
  clock_gettime: library.func("int clock_gettime(int, void *)"),
  sched_setscheduler: library.func("int sched_setscheduler(int, int, const void *)"),
  setpriority: library.func("int setpriority(int, uint32_t, int)"),
  mlock2: library.func("int mlock2(uint64_t, size_t, unsigned int)"),
  syscall: library.func("long syscall(long, long, void *, long)"),
};

/**
 * `poll` on a thread of libuv's pool, which it occupies as long as it waits; `entries` must not be touched until `done`.
 * A negative result says no more than that it failed: the errno is another thread's.
 */
export function pollAside(entries: Bytes, count: number, timeoutMs: number, done: (ready: number) => void): void {
  poll.async(entries, count, timeoutMs, (_error: unknown, ready: number) => done(ready));
}

/** The address of the bytes, for a pointer inside another struct; keep the Buffer alive until the call is over. */
export const addressOf = (bytes: Bytes): bigint => koffi.address(bytes);

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0x80000;
export const MSG_DONTWAIT = 0x40;
