import type { Topology } from "../../topology/topology.js";

/** What a bench runs in: namespaces of this machine, or of several. */
export type Network = Pick<Topology, "host" | "directory" | "close">;

/** A service that every contender offers in its own way. */
export interface BenchService {
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  readonly servers: readonly BenchServer[];
}

export interface BenchServer {
  readonly address: string;
  readonly port: number;
}

export const contenderNames = [
  "direct",
  "routing",
  "vipair",
  "vipair-fast",
  "vipair-all",
  "nftlb",
  "haproxy",
  "nginx",
  "node",
] as const;
export type ContenderName = (typeof contenderNames)[number];

/**
 * Something between the client and the real servers, on the host lb1 of a topology of its own. It runs only during its
 * turn, so that the others are measured on an idle machine.
 */
export interface Contender {
  readonly name: ContenderName;
  readonly topology: Network;
  /** The address that the client speaks to. */
  readonly target: string;
  readonly protocols: readonly BenchService["protocol"][];
  /** Resolves when it serves. */
  start(services: readonly BenchService[]): Promise<void>;
  /** Takes another configuration while it serves, in its own way; resolves when it has been told. */
  reload?(services: readonly BenchService[]): Promise<void>;
  /** The processes that it keeps running; none where the kernel does everything. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}
