import type { LbName } from "../topology/plan.js";
import type { Topology } from "../topology/topology.js";
import type { PairUnderTest } from "./pair.js";

export const causeNames = ["planned", "killed", "stopped", "clientLink", "power"] as const;
export type CauseName = (typeof causeNames)[number];

/** A way to make ownership move, with what the client may notice at most. */
export interface Cause {
  readonly name: CauseName;
  /** As people say it. */
  readonly title: string;
  /** The longest outage allowed. */
  readonly gapMs: number;
  /** The most datagrams of the 1 kHz meter that may be lost; `undefined`: as many as the gap costs. */
  readonly lost: number | undefined;
  inject(pair: PairUnderTest, topology: Topology, active: LbName): Promise<void>;
  /** Undoes the damage: the node returns to service as standby. */
  recover(pair: PairUnderTest, topology: Topology, failed: LbName): Promise<void>;
}

export const causes: Readonly<Record<CauseName, Cause>> = {
  planned: {
    name: "planned",
    title: "planned failover",
    gapMs: 20,
    lost: 0,
    inject: (pair, _topology, active) => pair.planned(active),
    recover: (pair, _topology, failed) => pair.afterPlanned(failed),
  },
  killed: {
    name: "killed",
    title: "SIGKILL of every process",
    gapMs: 50,
    lost: undefined,
    inject: async (pair, _topology, active) => pair.signal(active, "SIGKILL"),
    recover: (pair, _topology, failed) => pair.restart(failed),
  },
  stopped: {
    name: "stopped",
    title: "SIGSTOP of every process",
    gapMs: 400,
    lost: undefined,
    inject: async (pair, _topology, active) => pair.signal(active, "SIGSTOP"),
    recover: async (pair, _topology, failed) => pair.signal(failed, "SIGCONT"),
  },
  clientLink: {
    name: "clientLink",
    title: "client link cut",
    gapMs: 50,
    lost: undefined,
    inject: (_pair, topology, active) => topology.cutLink(active, "eth0"),
    recover: (_pair, topology, failed) => topology.restoreLink(failed, "eth0"),
  },
  power: {
    name: "power",
    title: "power cut",
    gapMs: 400,
    lost: undefined,
    inject: (_pair, topology, active) => topology.powerCut(active),
    recover: (_pair, topology, failed) => topology.powerRestore(failed),
  },
};

/** The longest outage allowed, and the most datagrams lost, while a node returns to service as standby. */
export const returnBound = { gapMs: 20, lost: 0 } as const;
