import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { check } from "../libc/errno.js";
import { AF_UNIX, libc, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_DGRAM } from "../libc/libc.js";
import { openNotifier } from "./notify.js";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

/** What a service manager does: a datagram socket with a name, read until it is empty. */
function listen(path: Buffer): () => string[] {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  const address = Buffer.concat([family, path]);
  const fd = check(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  endings.push(() => libc.close(fd));
  check(libc.bind(fd, address, address.length), "bind");
  return () => {
    const received: string[] = [];
    for (;;) {
      const into = Buffer.alloc(64);
      const length = libc.recv(fd, into, into.length, MSG_DONTWAIT);
      if (length < 0) return received;
      received.push(into.toString("utf8", 0, length));
    }
  };
}

function temporaryPath(): string {
  const directory = mkdtempSync(join(tmpdir(), "vipair-notify-"));
  endings.push(() => rmSync(directory, { recursive: true }));
  return join(directory, "notify");
}

function speak(name: string): void {
  const notifier = openNotifier({ NOTIFY_SOCKET: name });
  notifier.ready();
  notifier.watchdog();
  notifier.stopping();
}

test("a socket with a path hears every state, each in a datagram of its own", () => {
  const path = temporaryPath();
  const received = listen(Buffer.from(`${path}\0`));
  speak(path);
  expect(received()).toEqual(["READY=1", "WATCHDOG=1", "STOPPING=1"]);
});

test("a socket in the abstract namespace hears them too", () => {
  const name = `vipair-notify-${process.pid}`;
  const received = listen(Buffer.from(`\0${name}`));
  speak(`@${name}`);
  expect(received()).toEqual(["READY=1", "WATCHDOG=1", "STOPPING=1"]);
});

test.each([undefined, "", "@", "relative", "vsock:2:1234", `/${"x".repeat(108)}`, "/nobody/listens/here"])(
  "without a socket that can be reached, nothing happens: %j",
  (name) => {
    const notifier = openNotifier(name === undefined ? {} : { NOTIFY_SOCKET: name });
    notifier.ready();
    notifier.stopping();
    expect(notifier.watchdogUsec).toBeUndefined();
  },
);

test("the watchdog watches this process, and only if the variables mean it", () => {
  const usec = (environment: NodeJS.ProcessEnv) =>
    openNotifier({ NOTIFY_SOCKET: "@nobody", ...environment }).watchdogUsec;
  expect(usec({ WATCHDOG_USEC: "10000000" })).toBe(10_000_000);
  expect(usec({ WATCHDOG_USEC: "10000000", WATCHDOG_PID: String(process.pid) })).toBe(10_000_000);
  expect(usec({ WATCHDOG_USEC: "10000000", WATCHDOG_PID: "1" })).toBeUndefined();
  expect(usec({ WATCHDOG_USEC: "soon" })).toBeUndefined();
  expect(usec({ WATCHDOG_USEC: "0" })).toBeUndefined();
});

test("child processes do not inherit the variables", () => {
  const environment = { NOTIFY_SOCKET: "@nobody", WATCHDOG_USEC: "1", WATCHDOG_PID: "1", PATH: "/bin" };
  openNotifier(environment);
  expect(environment).toEqual({ PATH: "/bin" });
});
