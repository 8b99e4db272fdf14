import { ConntrackdPair } from "../conntrackd/pair.js";
import type { PairUnderTest } from "../failover/pair.js";
import type { LbName } from "../topology/plan.js";
import { signalAll } from "../topology/processes.js";
import type { Topology } from "../topology/topology.js";
import { KeepalivedPair } from "./pair.js";

/**
 * keepalived that moves the addresses, with conntrackd that replicates the connections into the other node's kernel at
 * once. Neither has to be told about the other: there is nothing to commit at takeover.
 */
export class ReplicatingKeepalivedPair implements PairUnderTest {
  readonly name = "keepalived with conntrackd";

  private constructor(
    readonly keepalived: KeepalivedPair,
    readonly conntrackd: ConntrackdPair,
  ) {}

  static async start(topology: Topology): Promise<ReplicatingKeepalivedPair> {
    const conntrackd = await ConntrackdPair.start(topology);
    return new ReplicatingKeepalivedPair(await KeepalivedPair.start(topology), conntrackd);
  }

  active = (): Promise<LbName> => this.keepalived.active();
  isActive = (node: LbName): Promise<boolean> => this.keepalived.isActive(node);
  settled = (deadlineMs?: number): Promise<LbName> => this.keepalived.settled(deadlineMs);
  planned = (active: LbName): Promise<void> => this.keepalived.planned(active);
  afterPlanned = (node: LbName): Promise<void> => this.keepalived.afterPlanned(node);
  conflicts = (node: LbName): Promise<number> => this.keepalived.conflicts(node);
  takeovers = (): Promise<number> => this.keepalived.takeovers();

  signal(node: LbName, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.keepalived.signal(node, signal);
    signalAll(this.conntrackd.pids(node), signal);
  }

  async restart(node: LbName): Promise<void> {
    await this.conntrackd.stopNode(node);
    this.conntrackd.startNode(node);
    await this.conntrackd.answers(node);
    await this.keepalived.restart(node);
  }

  async end(): Promise<void> {
    await this.keepalived.end();
    for (const node of ["lb1", "lb2"] as const) await this.conntrackd.stopNode(node);
  }
}
