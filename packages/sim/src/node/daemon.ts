import type { ElectionEvent, ElectionState, NodeIndex } from "@vipair/heartbeat";
import type { Instant } from "@vipair/model";
import type { SimulatedConntrack } from "../kernel/conntrack.js";
import type { PeerLink } from "../network/peer-link.js";
import type { Random } from "../random.js";
import { Balancer } from "./balancer.js";
import type { Machines } from "./machines.js";
import { type ProcessHost, SimulatedProcess } from "./process.js";
import { Replication, type ReplicationNews, type Traits } from "./replication.js";
import { confirmedBy, takeStrays } from "./strays.js";

/** What a daemon needs of the host it runs on. */
export interface DaemonHost extends ProcessHost {
  readonly index: NodeIndex;
  readonly random: Random;
  readonly conntrack: SimulatedConntrack;
  readonly peerLink: PeerLink;
  readonly machines: Machines;
  readonly traits: Traits;
  /** The kernel's buffer for events is too small now. */
  readonly overrun: boolean;
  /** Of the agent, when it lives. */
  readonly election: ElectionState | undefined;
  bootTime(): Instant;
  /** True time. */
  now(): number;
  inform(event: ElectionEvent): void;
  tell(news: ReplicationNews): void;
}

/** Starts the daemon's process: its balancer, joined with the peer link and the replication. */
export function openDaemon(host: DaemonHost): Balancer {
  const { index, random, conntrack, peerLink, machines, traits } = host;
  const process = new SimulatedProcess(host);
  const link = {
    get connected() {
      return peerLink.isConnected(index);
    },
    get backlog() {
      return peerLink.backlog(index);
    },
    sendFrame: (bytes: Uint8Array) => peerLink.send(index, { type: "frame", bytes }),
  };
  const replication = new Replication({
    ...{ random, process, conntrack, link, machines, traits },
    get overrun() {
      return host.overrun;
    },
    plan: (delayMs, happen) => host.plan(delayMs, happen),
    bootTime: () => host.bootTime(),
    now: () => host.now(),
    tell: (news) => host.tell(news),
  });
  return new Balancer({
    ...{ random, process, replication },
    get linked() {
      return link.connected;
    },
    get isActive() {
      return host.election?.role === "active";
    },
    get peer() {
      return host.election?.peer?.heartbeat;
    },
    inform: (event) => host.inform(event),
    confirmed: () => confirmedBy(replication.source, conntrack),
    carryStrays: (carried) => {
      const flows = takeStrays(conntrack, carried);
      if (flows.length > 0) peerLink.send(index, { type: "insertFlows", flows });
    },
  });
}
