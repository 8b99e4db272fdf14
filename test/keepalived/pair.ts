import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PairUnderTest } from "../failover/pair.js";
import { until } from "../topology/clock.js";
import { gateway, type LbName, otherLb, virtualAddress } from "../topology/plan.js";
import type { Running } from "../topology/running.js";
import type { Topology } from "../topology/topology.js";
import { type KeepalivedPairOptions, keepalivedConfiguration, ruleset } from "./configuration.js";

/**
 * keepalived on both load balancers with hand-written nftables rules: what the pair is measured against.
 *
 * Its gentlest planned change is to stop it on the active node (`systemctl stop keepalived`): it removes the addresses
 * and sends an advertisement of priority 0, and the other node takes over after its skew time. Lowering the priority
 * through a track file needs preemption, took a whole down interval when tried here, and both nodes answered meanwhile.
 */
export class KeepalivedPair implements PairUnderTest {
  readonly name: PairUnderTest["name"] = "keepalived";
  readonly #topology: Topology;
  readonly #nodes = new Map<LbName, Running>();
  readonly #options: KeepalivedPairOptions;
  #starts = 0;

  private constructor(topology: Topology, options: KeepalivedPairOptions) {
    this.#topology = topology;
    this.#options = options;
  }

  static async start(topology: Topology, options: KeepalivedPairOptions = {}): Promise<KeepalivedPair> {
    const pair = new KeepalivedPair(topology, options);
    for (const node of ["lb1", "lb2"] as const) {
      const host = topology.host(node);
      await host.check(["sysctl", "-qw", "net.ipv4.ip_forward=1"]);
      await host.check(["nft", "-f", "-"], { input: ruleset });
      pair.#start(node);
    }
    await pair.settled();
    return pair;
  }

  async active(): Promise<LbName> {
    const masters = (["lb1", "lb2"] as const).filter((node) => this.#state(node) === "MASTER");
    if (masters.length !== 1 || masters[0] === undefined) throw new Error(`${masters.length} masters`);
    return masters[0];
  }

  async isActive(node: LbName): Promise<boolean> {
    return this.#state(node) === "MASTER";
  }

  settled(deadlineMs = 20_000): Promise<LbName> {
    return until("keepalived has one master and one backup", deadlineMs, async () => {
      const active = await this.active();
      return this.#state(otherLb(active)) === "BACKUP" && (await this.#holdsAddress(active)) ? active : undefined;
    });
  }

  async planned(active: LbName): Promise<void> {
    this.#nodes.get(active)?.child.kill("SIGTERM");
  }

  async afterPlanned(node: LbName): Promise<void> {
    await this.#nodes.get(node)?.end();
    this.#start(node);
  }

  signal(node: LbName, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.#nodes.get(node)?.signalAll(signal);
  }

  async restart(node: LbName): Promise<void> {
    // The addresses outlived the killed processes: somebody has to remove them before it starts again.
    const host = this.#topology.host(node);
    await host.run(["ip", "addr", "del", `${virtualAddress}/24`, "dev", "eth0"]);
    await host.run(["ip", "addr", "del", `${gateway}/24`, "dev", "eth1"]);
    this.#start(node);
  }

  async takeovers(): Promise<number> {
    const outputs = [...this.#nodes.values()].map((running) => running.output);
    return outputs.join("").match(/Entering MASTER STATE/g)?.length ?? 0;
  }

  /** There is no word for it in its log: whatever it would say of a duplicate or a conflict counts. */
  async conflicts(node: LbName): Promise<number> {
    return this.#nodes.get(node)?.output.match(/conflict|duplicate|another|in use/gi)?.length ?? 0;
  }

  async end(): Promise<void> {
    for (const node of ["lb1", "lb2"] as const) {
      await this.#nodes.get(node)?.end();
      const host = this.#topology.host(node);
      await host.run(["nft", "delete", "table", "inet", "services"]);
      await host.run(["ip", "addr", "del", `${virtualAddress}/24`, "dev", "eth0"]);
      await host.run(["ip", "addr", "del", `${gateway}/24`, "dev", "eth1"]);
      await host.run(["conntrack", "-F"]);
      await host.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"]);
    }
  }

  #start(node: LbName): void {
    const file = (suffix: string): string => join(this.#topology.directory, `keepalived-${node}${suffix}`);
    writeFileSync(file(".conf"), keepalivedConfiguration(node, this.#options));
    this.#starts += 1;
    // Names of each start's own: it refuses to start on the pid files of one that was killed.
    const own = (suffix: string): string => file(`-${this.#starts}${suffix}`);
    const argv = ["keepalived", "-n", "-l", "-D", "-P", "-f", file(".conf"), "-p", own(".pid"), "-r", own("-vrrp.pid")];
    this.#nodes.set(node, this.#topology.host(node).spawn(argv, { log: own(".log") }));
  }

  /** The state it last said it entered. */
  #state(node: LbName): string | undefined {
    const running = this.#nodes.get(node);
    if (running === undefined || !running.alive) return undefined;
    return [...running.output.matchAll(/Entering (MASTER|BACKUP|FAULT) STATE/g)].at(-1)?.[1];
  }

  async #holdsAddress(node: LbName): Promise<boolean> {
    const addresses = await this.#topology.host(node).check(["ip", "-4", "addr", "show", "dev", "eth0"]);
    return addresses.includes(virtualAddress);
  }
}
