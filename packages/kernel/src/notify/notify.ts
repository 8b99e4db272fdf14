/**
 * Tells the service manager how the process fares: the datagrams of sd_notify(3), to the socket that systemd names in
 * NOTIFY_SOCKET. Node.js has no datagram sockets of the Unix domain, so they go through the C library.
 */
import { AF_UNIX, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from "../libc/libc.js";

/**
 * Every call is a no-op where nobody listens. A datagram that cannot be delivered is lost without a word, as with
 * sd_notify: it is the manager's clock that notices.
 */
export interface Notifier {
  /** The service is up: whatever waits for it may start. */
  ready(): void;
  /** Still alive. Due at least once in each {@link watchdogUsec}. */
  watchdog(): void;
  /** The service has begun to stop. */
  stopping(): void;
  /** After so many microseconds without {@link watchdog} the manager ends the process; `undefined`: it does not watch. */
  readonly watchdogUsec: number | undefined;
}

/**
 * @param environment where NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID are found. They are removed from it: child
 * processes are not the service.
 */
export function openNotifier(environment: NodeJS.ProcessEnv = process.env): Notifier {
  const address = notifyAddress(environment.NOTIFY_SOCKET);
  const watchdogUsec = address === undefined ? undefined : watchdogOf(environment);
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete environment[name];
  const tell = (state: string): void => {
    if (address !== undefined) sendState(address, state);
  };
  return {
    ready: () => tell("READY=1"),
    watchdog: () => tell("WATCHDOG=1"),
    stopping: () => tell("STOPPING=1"),
    watchdogUsec,
  };
}

/**
 * A `sockaddr_un`: a path with a zero behind it, or after `@` a name in the abstract namespace, with a zero before it. The
 * kernel refuses one that is too long.
 */
function notifyAddress(name: string | undefined): Buffer | undefined {
  if (name === undefined || !/^[/@]./.test(name)) return undefined;
  const path = name.startsWith("@") ? Buffer.from(`\0${name.slice(1)}`) : Buffer.from(`${name}\0`);
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  return Buffer.concat([family, path]);
}

/** WATCHDOG_PID names the process that is watched; another one has only inherited the variables. */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): number | undefined {
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== String(process.pid)) return undefined;
  const usec = Number(WATCHDOG_USEC);
  return Number.isSafeInteger(usec) && usec > 0 ? usec : undefined;
}

/** One socket for each datagram: they are seconds apart, and the manager may have made its socket anew. */
function sendState(address: Buffer, state: string): void {
  const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const bytes = Buffer.from(state);
  libc.sendto(fd, bytes, bytes.length, MSG_DONTWAIT, address, address.length);
  libc.close(fd);
}
