/**
 * Faults of the network that last for a while and are then healed. Unlike a {@link Cause}, after which ownership has to
 * move, most of these must not move it: each says what the pair owes to its clients meanwhile.
 */
import { between, betweenLbs, bothWays, drop, type Heal } from "../topology/filter.js";
import { type LbName, otherLb, upstream, virtualAddress } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";

export const untrackedFaults = ["oneWay", "lossy", "clientParted", "syncCut", "parted", "duplicate"] as const;
/** Those that strike pairs that track a gateway. */
export const trackedFaults = ["gateway"] as const;
export const faultNames = [...untrackedFaults, ...trackedFaults] as const;
export type FaultName = (typeof faultNames)[number];

export interface Fault {
  readonly name: FaultName;
  /** As people say it. */
  readonly title: string;
  readonly lastsMs: number;
  /** `splits`: no two nodes can know, so both may serve until it is healed. */
  readonly ownership: "stays" | "moves" | "splits";
  /** The longest outage allowed. */
  readonly gapMs: number;
  /** Why it cannot strike keepalived; `undefined`: it can. */
  readonly sparesKeepalived?: string;
  /** Answers how to heal it. */
  inject(topology: Topology, active: LbName): Promise<Heal>;
}

/** What a client may notice where nothing moves: as much as while a node returns as standby. */
const unnoticedMs = 20;

/** The node asks every 10 s, and again a quarter of a second later. */
export const noticedMs = 11_000;

export const faults: Readonly<Record<FaultName, Fault>> = {
  oneWay: {
    name: "oneWay",
    title: "one-way loss, active to standby, client net",
    lastsMs: 3_000,
    ownership: "stays",
    gapMs: unnoticedMs,
    inject: (topology, active) => drop(topology, between(active, otherLb(active), "eth0")),
  },
  lossy: {
    name: "lossy",
    title: "loss of 30 % between the nodes, client net",
    lastsMs: 8_000,
    ownership: "stays",
    gapMs: unnoticedMs,
    inject: (topology) => drop(topology, ...bothWays("lb1", "lb2", "eth0", "numgen random mod 100 < 30")),
  },
  clientParted: {
    name: "clientParted",
    title: "client net parted between the nodes",
    lastsMs: 3_000,
    ownership: "stays",
    gapMs: unnoticedMs,
    inject: (topology) => drop(topology, ...bothWays("lb1", "lb2", "eth0")),
  },
  syncCut: {
    name: "syncCut",
    title: "sync net cut",
    lastsMs: 3_000,
    ownership: "stays",
    gapMs: unnoticedMs,
    sparesKeepalived: "does not use it",
    inject: (topology) => drop(topology, ...bothWays("lb1", "lb2", "eth2")),
  },
  parted: {
    name: "parted",
    title: "every net parted between the nodes, and healed",
    lastsMs: 3_000,
    ownership: "splits",
    gapMs: 400,
    inject: (topology) => drop(topology, ...betweenLbs),
  },
  duplicate: {
    name: "duplicate",
    title: "a third machine has the address too",
    lastsMs: 12_000,
    ownership: "stays",
    // A client that asks meanwhile may be led astray, until the owner has noticed and announces itself again.
    gapMs: noticedMs,
    inject: async (topology) => {
      const address = [`${virtualAddress}/32`, "dev", "eth0"];
      const third = topology.host("third");
      await third.check(["ip", "addr", "add", ...address]);
      return () => third.check(["ip", "addr", "del", ...address]);
    },
  },
  gateway: {
    name: "gateway",
    title: "tracked gateway unreachable from the active node",
    lastsMs: 6_000,
    ownership: "moves",
    gapMs: 50,
    inject: (topology, active) => drop(topology, between("third", active, "eth0")),
  },
};

/** How often both pairs ask the gateway, and how many failures count: once a second, two. */
export const gatewayTrack = `{ gateway: ${upstream}, interval: 1s, fall: 2, rise: 2 }`;

/** After healing one node yields within a heartbeat; the watch tells owners apart by some 25 ms. */
export const yieldMs = 150;
