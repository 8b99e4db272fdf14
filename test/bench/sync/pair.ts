import { flowMark, flowMarkMask } from "@vipair/model";
import { ConntrackdPair } from "../../conntrackd/pair.js";
import { openStage, type Stage } from "../../stage/stage.js";
import { until } from "../../topology/clock.js";
import { type LbName, otherLb, virtualAddress } from "../../topology/plan.js";
import { Topology } from "../../topology/topology.js";
import { VipairPair } from "../../vipair/pair.js";

/** Two nodes of which one takes over the other's connections as they come about. */
export interface ReplicatingPair {
  readonly name: "vipair" | "conntrackd";
  readonly topology: Topology;
  readonly active: LbName;
  /** The mark of connections of an existing service. */
  readonly mark: number;
  /** How long it may take to find out what it lost, in ms: entries that arrive within this time are not lost. */
  readonly repairMs: number;
  /** Every process of the node. */
  pids(node: LbName): number[];
  stopStandby(): Promise<void>;
  startStandby(): void;
  /** Whether the standby says that it has everything; `undefined` when it cannot say. */
  ready(): Promise<boolean | undefined>;
  /** Role changes so far; always 0 for one that elects nobody. */
  roleChanges(): Promise<number>;
}

/** The pair with its real servers, so that it is ready. */
export async function openVipair(): Promise<ReplicatingPair> {
  const stage = await openStage(VipairPair.start);
  return replicating(stage).catch(async (error) => {
    await stage.topology.close();
    throw error;
  });
}

export async function replicating({ topology, pair }: Stage<VipairPair>): Promise<ReplicatingPair> {
  const active = await pair.settled();
  const standby = pair.nodes[otherLb(active)];
  return {
    name: pair.name,
    topology,
    active,
    mark: await markOfService(topology, active),
    // The nodes compare their tables every ten seconds.
    repairMs: 11_000,
    pids: (node) => pair.nodes[node].pids,
    stopStandby: async () => void (await standby.stop()),
    startStandby: () => standby.start(),
    ready: async () => (await standby.status()).ready,
    roleChanges: async () => {
      // Of the node that stays up: the other's journal goes with its daemon.
      const events = await pair.nodes[active].events();
      return events.filter(({ kind }) => kind === "roleChanged").length;
    },
  };
}

export async function openConntrackd(): Promise<ReplicatingPair> {
  const topology = await Topology.open();
  try {
    const pair = await ConntrackdPair.start(topology);
    return {
      name: "conntrackd",
      topology,
      active: "lb1",
      mark: (flowMark | 1) >>> 0,
      // `NetlinkOverrunResync`: it reads the kernel's table anew 30 s after it missed events.
      repairMs: 33_000,
      pids: (node) => pair.pids(node),
      stopStandby: () => pair.stopNode("lb2"),
      startStandby: () => pair.startNode("lb2"),
      ready: async () => undefined,
      roleChanges: async () => 0,
    };
  } catch (error) {
    await topology.close();
    throw error;
  }
}

/** Makes a connection through the service, and reads its mark from the kernel. */
export async function markOfService(topology: Pick<Topology, "host">, active: LbName): Promise<number> {
  return until("a connection of the service has its mark", 5_000, async () => {
    await topology.host("client").check(["curl", "-s", "-m", "2", "-o", "/dev/null", `http://${virtualAddress}/`]);
    const selection = ["-p", "tcp", "-d", virtualAddress, "-m", `${flowMark}/${flowMarkMask}`];
    const text = await topology.host(active).check(["conntrack", "-L", ...selection]);
    const mark = /\bmark=(\d+)/.exec(text)?.[1];
    return mark === undefined ? undefined : Number(mark);
  });
}
