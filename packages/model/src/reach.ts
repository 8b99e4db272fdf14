import type { Millis } from "./duration.js";

/**
 * What a node reaches of what serving needs, counted so that two nodes with the same configuration can be compared.
 * Losses and not what is left, so that a node that has nothing to reach has lost nothing.
 */
export interface Reach {
  /** Interfaces of addresses, heartbeats or tracks that have no carrier. */
  readonly carriersLost: number;
  /** Tracked gateways that do not answer. */
  readonly gatewaysLost: number;
  /** How many of 1000 real servers are up by the node's own probes; 1000 where there are none. */
  readonly serversUp: number;
}

/** A node's count of its real servers, with what it takes to compare it with another's. */
export interface ServerCount {
  /** Of 1000, those that are up. */
  readonly up: number;
  /** How much later than the other one a node may notice that a server went down or came up. */
  readonly lag: Millis;
}

/** What two nodes are compared by, the weightiest first: without a carrier no gateway counts, without both no server. */
export type ReachLevel = "carriers" | "gateways" | "servers";

/** What a node reaches that has lost nothing. */
export const fullReach: Reach = { carriersLost: 0, gatewaysLost: 0, serversUp: 1_000 };

/** Where two nodes differ: the first level in which they do, and whether the first of them reaches more there. */
export interface ReachDifference {
  readonly level: ReachLevel;
  readonly better: boolean;
}

/** A total order of nodes; `undefined`: equal. A reach that nobody told (`undefined`) is equal to any. */
export function compareReach(own: Reach | undefined, other: Reach | undefined): ReachDifference | undefined {
  if (own === undefined || other === undefined) return undefined;
  const differences: readonly (readonly [ReachLevel, number])[] = [
    ["carriers", other.carriersLost - own.carriersLost],
    ["gateways", other.gatewaysLost - own.gatewaysLost],
    ["servers", own.serversUp - other.serversUp],
  ];
  const first = differences.find(([, difference]) => difference !== 0);
  return first === undefined ? undefined : { level: first[0], better: first[1] > 0 };
}

/** `everything`, or what is lost: `1 interface without carrier, 50 % of the servers up`. */
export function formatReach({ carriersLost, gatewaysLost, serversUp }: Reach): string {
  const losses = [
    ...(carriersLost === 0
      ? []
      : [`${carriersLost} ${carriersLost === 1 ? "interface" : "interfaces"} without carrier`]),
    ...(gatewaysLost === 0 ? [] : [`${gatewaysLost} ${gatewaysLost === 1 ? "gateway" : "gateways"} silent`]),
    ...(serversUp === 1_000 ? [] : [`${Math.floor(serversUp / 10)} % of the servers up`]),
  ];
  return losses.length === 0 ? "everything" : losses.join(", ");
}
