import { writeFileSync } from "node:fs";
import { type CommandOptions, check, type Outcome, run } from "./command.js";
import { here, type Machine } from "./machine.js";
import { Running, type SpawnOptions } from "./running.js";

/**
 * A host of the test network: a network namespace. Commands enter it with `ip netns exec`, which also mounts its own
 * /sys, so that programs that read /sys/class/net see the host's interfaces.
 */
export class Host {
  readonly #running: Running[] = [];

  constructor(
    readonly name: string,
    readonly namespace: string,
    /** Whose namespace it is. */
    readonly machine: Machine = here,
  ) {}

  /** Runs a command inside the host to its end. */
  run(argv: readonly string[], options?: CommandOptions): Promise<Outcome> {
    return run(this.argv(argv), options);
  }

  /** Like {@link run}, for a command that must succeed; returns its standard output. */
  check(argv: readonly string[], options?: CommandOptions): Promise<string> {
    return check(this.argv(argv), options);
  }

  /** Starts a long-lived process inside the host; it ends with the topology at the latest. */
  spawn(argv: readonly string[], options?: SpawnOptions): Running {
    const { machine } = this;
    const entered = this.#entered(argv);
    // Elsewhere, what a node IPC channel would carry goes through standard input and output.
    const running = machine.isHere
      ? new Running(entered, options)
      : options?.ipc
        ? new Running(machine.command(entered), { ...options, ipc: false, pipe: true, input: true })
        : new Running(machine.lasting(entered), { ...options, input: true });
    this.#running.push(running);
    return running;
  }

  /** The command as it is run from outside. */
  argv(argv: readonly string[]): string[] {
    return this.machine.command(this.#entered(argv));
  }

  #entered(argv: readonly string[]): string[] {
    return ["ip", "netns", "exec", this.namespace, ...argv];
  }

  /** Writes a file on its machine, readable by its owner alone. */
  async write(file: string, content: string): Promise<void> {
    if (this.machine.isHere) return writeFileSync(file, content, { mode: 0o600 });
    await check(this.machine.command(["sh", "-c", 'umask 077; cat >"$1"', "sh", file]), { input: content });
  }

  /** The MAC address of one of its interfaces. */
  async mac(link: string): Promise<string> {
    return (await this.check(["cat", `/sys/class/net/${link}/address`])).trim();
  }

  /** Ends everything that was spawned here. */
  async endAll(): Promise<void> {
    await Promise.all(this.#running.map((running) => (running.alive ? running.end(1_000) : 0)));
  }
}
