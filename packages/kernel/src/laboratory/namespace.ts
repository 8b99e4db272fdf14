/**
 * Hosts for tests: network namespaces without a name, so that nothing is left behind however a test ends. The calling
 * thread enters one of its own and stays there; others are kept alive by a child that ends with its standard input.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readlinkSync } from "node:fs";
import koffi from "koffi";
import { check } from "../libc/errno.js";

const library = koffi.load("libc.so.6");
const unshare: (flags: number) => number = library.func("int unshare(int)");
const setns: (fd: number, kind: number) => number = library.func("int setns(int, int)");
const CLONE_NEWNET = 0x40000000;

/** Why tests that change a kernel cannot run here; `undefined` when they can. With CI=true they always run. */
export const obstacle: string | undefined = findObstacle();

/** For the names of tests: ` (needs root, …)` where they are skipped. */
export const because = obstacle === undefined ? "" : ` (${obstacle})`;

function findObstacle(): string | undefined {
  if (process.env.CI === "true") return undefined;
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root, for network namespaces";
  for (const tool of ["/usr/bin/unshare", "/sbin/ip", "/usr/sbin/nft"]) if (!existsSync(tool)) return `needs ${tool}`;
  return undefined;
}

/** Puts the calling thread, and every child it starts, into a fresh network namespace with only a loopback. */
export function enterNamespace(): void {
  check(unshare(CLONE_NEWNET), "unshare");
  run("ip link set lo up");
}

/** Runs a command line on this host; throws with what it said when it fails. */
export function run(commandLine: string): string {
  return execFileSync("/bin/sh", ["-c", commandLine], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export interface Host {
  readonly pid: number;
  run(commandLine: string): string;
  /** Runs `operation` with this host's network: sockets opened inside stay there. It must be synchronous. */
  inside<Result>(operation: () => Result): Result;
  close(): Promise<void>;
}

export async function openHost(): Promise<Host> {
  const holder = spawn("/usr/bin/unshare", ["-n", "cat"], { stdio: ["pipe", "ignore", "inherit"] });
  const pid = holder.pid ?? 0;
  const here = readlinkSync("/proc/thread-self/ns/net");
  await until(() => readlinkSync(`/proc/${pid}/ns/net`) !== here);
  const host: Host = {
    pid,
    run: (commandLine) => run(`nsenter -t ${pid} -n ${commandLine}`),
    inside: (operation) => inside(pid, operation),
    close: () => end(holder),
  };
  host.run("ip link set lo up");
  return host;
}

function inside<Result>(pid: number, operation: () => Result): Result {
  const home = openSync("/proc/thread-self/ns/net", "r");
  const there = openSync(`/proc/${pid}/ns/net`, "r");
  try {
    check(setns(there, CLONE_NEWNET), "setns");
    return operation();
  } finally {
    check(setns(home, CLONE_NEWNET), "setns");
    closeSync(there);
    closeSync(home);
  }
}

function end(holder: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    holder.once("exit", () => resolve());
    holder.stdin?.end();
  });
}

/** Waits until the condition holds, looking again every few milliseconds. */
export async function until(condition: () => boolean, withinMs = 3000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
