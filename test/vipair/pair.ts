import type { FailoverPlan, FailoverReport } from "@vipair/model";
import type { PairUnderTest } from "../failover/pair.js";
import { until } from "../topology/clock.js";
import { type LbName, otherLb } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";
import { askControl } from "./control.js";
import { newSecret, VipairNode } from "./node.js";

/** The pair as an operator runs it: a secret, a file on each node, a daemon on each node. */
export class VipairPair implements PairUnderTest {
  readonly name = "vipair";
  readonly nodes: Readonly<Record<LbName, VipairNode>>;
  /** What the daemons said of each planned failover. */
  readonly handovers: FailoverReport[] = [];

  constructor(
    topology: Topology,
    secrets: Readonly<Record<LbName, string>>,
    configuration?: (secretFile: string) => string,
  ) {
    const node = (name: LbName): VipairNode =>
      new VipairNode(topology.host(name), topology.directory, secrets[name], configuration);
    this.nodes = { lb1: node("lb1"), lb2: node("lb2") };
  }

  /** Starts both daemons and waits until one is active and the other ready. */
  static async start(topology: Topology, configuration?: (secretFile: string) => string): Promise<VipairPair> {
    const secret = await newSecret();
    const pair = new VipairPair(topology, { lb1: secret, lb2: secret }, configuration);
    pair.nodes.lb1.start();
    pair.nodes.lb2.start();
    await pair.settled();
    return pair;
  }

  async active(): Promise<LbName> {
    const [one, two] = await Promise.all([this.nodes.lb1.status(), this.nodes.lb2.status()]);
    if ((one.role === "active") === (two.role === "active")) throw new Error(`lb1 ${one.role}, lb2 ${two.role}`);
    return one.role === "active" ? "lb1" : "lb2";
  }

  async isActive(node: LbName): Promise<boolean> {
    return (await this.nodes[node].status()).role === "active";
  }

  async settled(deadlineMs = 20_000): Promise<LbName> {
    const settled = until("one node is active and the other ready", deadlineMs, async () => {
      const active = await this.active();
      const [mine, theirs] = await Promise.all([this.nodes[active].status(), this.nodes[otherLb(active)].status()]);
      if (theirs.role !== "backup" || !theirs.ready || !mine.peer.reachable || !mine.peer.ready) {
        throw new Error(
          `${active} is active, its peer ${theirs.role}, missing: ${theirs.missing.join(", ")}, ` +
            `as the active node sees it ${mine.peer.reachable ? "" : "un"}reachable, ${mine.peer.ready ? "" : "not "}ready`,
        );
      }
      // A node that returns is ready before its tracks have risen again.
      const plan = await askControl<FailoverPlan>(this.nodes[active].files.socket, "POST", "/failover", {
        explain: true,
      });
      if (!plan.possible) throw new Error(`${active} would not hand over: ${plan.reasons.join("; ")}`);
      return active;
    });
    return settled.catch((error: Error) => {
      const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
      const logs = [this.nodes.lb1, this.nodes.lb2].map((node) => `${node.host.name}:\n${node.lastLines(15)}`);
      throw new Error([`${error.message}${cause}`, ...logs].join("\n"));
    });
  }

  /** Waits until the standby has every connection of the active node, and these are so many at least. */
  async protects(active: LbName, wanted: number): Promise<void> {
    await until(`${active} has its connections protected`, 15_000, async () => {
      const { peer, sync } = await this.nodes[active].status();
      if (peer.ready && sync.protected >= wanted && sync.protected === sync.connections) return true;
      throw new Error(
        `the peer is ${peer.ready ? "" : "not "}ready, of ${wanted} connections: ${JSON.stringify(sync)}`,
      );
    });
  }

  async planned(active: LbName): Promise<void> {
    // As `vipair failover` does it, without the time in which that command starts.
    const { socket } = this.nodes[active].files;
    this.handovers.push(await askControl<FailoverReport>(socket, "POST", "/failover", {}));
  }

  async afterPlanned(): Promise<void> {}

  signal(node: LbName, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.nodes[node].signalAll(signal);
  }

  async restart(node: LbName): Promise<void> {
    await this.nodes[node].running?.exit;
    this.nodes[node].start();
  }

  async takeovers(): Promise<number> {
    const events = await Promise.all([this.nodes.lb1.events(), this.nodes.lb2.events()]);
    return events.flat().filter(({ kind, detail }) => kind === "roleChanged" && detail.to === "active").length;
  }

  async conflicts(node: LbName): Promise<number> {
    const events = await this.nodes[node].events();
    return events.filter(({ kind, detail }) => kind === "addressConflict" && detail.over === false).length;
  }

  async end(): Promise<void> {
    await Promise.all([this.nodes.lb1.stop(), this.nodes.lb2.stop()]);
  }
}
