import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { EventReport, StatusReport } from "@vipair/model";
import { check, type Outcome, run } from "../topology/command.js";
import type { Host } from "../topology/host.js";
import type { LbName } from "../topology/plan.js";
import type { Running } from "../topology/running.js";
import { program } from "../traffic/instrument.js";
import { type NodeFiles, vipairConfiguration } from "./configuration.js";
import { askControl } from "./control.js";

const root = fileURLToPath(new URL("../..", `file://${program("package")}`));

/** The commands as the build leaves them. */
export const vipair = join(root, "node_modules/.bin/vipair");
export const vipaird = join(root, "node_modules/.bin/vipaird");

/** What `npm run replay` runs. */
export const replayProgram = join(root, "packages/replay/dist/main.js");

/** A new pair secret, as an operator makes it. */
export const newSecret = (): Promise<string> => check([vipair, "keygen"]);

/** One node of the pair: its files, its daemon, and what an operator can ask it. */
export class VipairNode {
  readonly files: NodeFiles;
  running: Running | undefined;
  /** Put before the command of the daemon: what changes the world that it sees. */
  prefix: readonly string[] = [];

  constructor(
    readonly host: Host,
    directory: string,
    secret: string,
    configuration = vipairConfiguration,
  ) {
    const file = (suffix: string): string => join(directory, `${host.name}${suffix}`);
    this.files = {
      node: host.name as LbName,
      config: file(".yaml"),
      secret: file(".key"),
      socket: file(".sock"),
      log: file(".log"),
    };
    writeFileSync(this.files.secret, secret, { mode: 0o600 });
    writeFileSync(this.files.config, configuration(this.files.secret));
  }

  /** Brings its files to its machine. */
  async publish(): Promise<void> {
    for (const file of [this.files.secret, this.files.config]) await this.host.write(file, readFileSync(file, "utf8"));
  }

  /** Starts the daemon, with more options if given; it need not be ready when this returns. */
  start(...more: string[]): void {
    const { config, node, socket, log } = this.files;
    const options = ["--config", config, "--node", node, "--socket", socket, "--log-level", "info", ...more];
    this.running = this.host.spawn([...this.prefix, vipaird, ...options], { log });
  }

  /** Every process of the node: the daemon, its agent, and whatever they forked. */
  get pids(): number[] {
    return this.running?.pids ?? [];
  }

  signalAll(signal: NodeJS.Signals): void {
    this.running?.signalAll(signal);
  }

  /** SIGTERM, and the time it needs; returns its exit code. */
  async stop(): Promise<number | undefined> {
    return this.running?.end(10_000);
  }

  /** The end of its log. */
  lastLines(count: number): string {
    return (this.running?.output ?? "").trimEnd().split("\n").slice(-count).join("\n");
  }

  /** Where it records: `agent.jsonl`, `balance.jsonl`, `events.jsonl`. */
  get recordings(): string {
    return this.files.socket.replace(/\.sock$/, ".recordings");
  }

  /** Runs the admin command on this node. */
  cli(...args: string[]): Promise<Outcome> {
    return run([vipair, "--socket", this.files.socket, ...args], { timeoutMs: 30_000 });
  }

  async status(): Promise<StatusReport> {
    const { socket } = this.files;
    if (this.host.machine.isHere) return askControl<StatusReport>(socket, "GET", "/status");
    return JSON.parse(await this.host.check([vipair, "--socket", socket, "--json", "status"])) as StatusReport;
  }

  events(): Promise<EventReport[]> {
    return askControl<EventReport[]>(this.files.socket, "GET", "/events");
  }
}
