import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../topology/clock.js";
import type { LbName } from "../topology/plan.js";
import type { Running } from "../topology/running.js";
import type { Topology } from "../topology/topology.js";
import { type ConntrackdFiles, conntrackdConfiguration } from "./configuration.js";

/** conntrackd on both load balancers: what the replication of connections is measured against. It elects nobody. */
export class ConntrackdPair {
  readonly #topology: Topology;
  readonly #nodes = new Map<LbName, Running>();

  private constructor(topology: Topology) {
    this.#topology = topology;
  }

  static async start(topology: Topology): Promise<ConntrackdPair> {
    const pair = new ConntrackdPair(topology);
    for (const node of ["lb1", "lb2"] as const) {
      const sysctls = ["net.netfilter.nf_conntrack_events=1", "net.netfilter.nf_conntrack_tcp_be_liberal=1"];
      await topology.host(node).check(["sysctl", "-qw", ...sysctls]);
      pair.startNode(node);
    }
    await Promise.all([pair.answers("lb1"), pair.answers("lb2")]);
    return pair;
  }

  /** It need not be ready when this returns. */
  startNode(node: LbName): void {
    const { config, ...files } = this.#files(node);
    writeFileSync(config, conntrackdConfiguration(node, files));
    // One that was killed left them behind, and the next would refuse to start.
    for (const left of [files.lock, files.socket]) rmSync(left, { force: true });
    this.#nodes.set(node, this.#topology.host(node).spawn(["conntrackd", "-C", config], { log: `${config}.log` }));
  }

  async stopNode(node: LbName): Promise<void> {
    await this.#nodes.get(node)?.end();
  }

  pids(node: LbName): number[] {
    return this.#nodes.get(node)?.pids ?? [];
  }

  /** Waits until the daemon answers on its socket. */
  async answers(node: LbName): Promise<void> {
    const { config } = this.#files(node);
    await until(`conntrackd on ${node} answers`, 10_000, async () => (await this.#ask(node, "-s")) !== undefined).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${this.#nodes.get(node)?.output ?? config}`);
      },
    );
  }

  /** What it says of itself: `-s` statistics of its caches, `-s queue`, `-s network`. */
  async statistics(node: LbName, ...what: string[]): Promise<string> {
    return (await this.#ask(node, "-s", ...what)) ?? "";
  }

  async #ask(node: LbName, ...question: string[]): Promise<string | undefined> {
    const { config } = this.#files(node);
    const { code, stdout } = await this.#topology.host(node).run(["conntrackd", "-C", config, ...question]);
    return code === 0 ? stdout : undefined;
  }

  #files(node: LbName): ConntrackdFiles & { config: string } {
    const file = (suffix: string): string => join(this.#topology.directory, `conntrackd-${node}.${suffix}`);
    return { config: file("conf"), lock: file("lock"), socket: file("ctl") };
  }
}
