import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { pause } from "./clock.js";
import { descendants, signalAll } from "./processes.js";

export interface SpawnOptions {
  /** Standard output and error are appended to this file; dropped when left out. */
  readonly log?: string;
  /** Standard output comes through a pipe instead: see {@link Running.child}. */
  readonly pipe?: boolean;
  /** Opens a node IPC channel to the child. */
  readonly ipc?: boolean;
  /** Its standard input is a pipe, and its end asks it to end. */
  readonly input?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** A long-lived process, the leader of a process group of its own, with everything it forked. */
export class Running {
  readonly child: ChildProcess;
  readonly #log: string | undefined;
  #exit: Promise<number>;

  constructor(argv: readonly string[], options: SpawnOptions = {}) {
    const [command = "", ...args] = argv;
    const log = options.log === undefined ? "ignore" : openSync(options.log, "a");
    this.#log = options.log;
    this.child = spawn(command, args, {
      stdio: [
        options.input ? "pipe" : "ignore",
        options.pipe ? "pipe" : log,
        log,
        ...(options.ipc ? (["ipc"] as const) : []),
      ],
      detached: true,
      env: { ...process.env, ...options.env },
    });
    if (typeof log === "number") closeSync(log);
    this.child.stdin?.on("error", () => {}); // it has ended: its exit code says why
    this.#exit = new Promise((resolve) => {
      this.child.on("error", () => resolve(127));
      this.child.on("exit", (code) => resolve(code ?? 137));
    });
  }

  /** Exit code; 137 when a signal ended it, 127 when it could not be started. */
  get exit(): Promise<number> {
    return this.#exit;
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  /** What it has written to its log so far. */
  get output(): string {
    return this.#log === undefined ? "" : readFileSync(this.#log, "utf8");
  }

  /** The process and all that descend from it, in no particular order. */
  get pids(): number[] {
    return this.child.pid === undefined || !this.alive ? [] : [this.child.pid, ...descendants(this.child.pid)];
  }

  /** Sends the signal to the process and all its descendants, one directly after another. */
  signalAll(signal: NodeJS.Signals): void {
    signalAll(this.pids, signal);
  }

  /** Asks it to end, with SIGTERM or the end of its input, then kills what is left of it; returns the exit code. */
  async end(graceMs = 3_000): Promise<number> {
    const pids = this.pids;
    if (this.child.stdin !== null) this.child.stdin.end();
    else if (this.alive) this.child.kill("SIGTERM");
    await Promise.race([this.#exit, pause(graceMs)]);
    signalAll([...pids, ...this.pids], "SIGKILL");
    return this.#exit;
  }
}
