import type { IpAddress, Prefix } from "./address.js";
import type { Millis } from "./duration.js";
import type { Service } from "./service.js";

/** One node of the pair as the configuration names it. */
export interface Node {
  readonly name: string;
  /** Where the other node reaches it: heartbeats, the lifeline and the peer link use it. */
  readonly address: IpAddress;
  /** 1 to 254; the higher one is preferred (RFC 9568 § 5.2.4). */
  readonly priority: number;
}

export interface Heartbeat {
  readonly transport: "udp";
  /** 1 to 255; tells pairs on one network apart (RFC 9568 § 5.2.3). */
  readonly routerId: number;
  readonly interval: Millis;
  /** Interfaces on which heartbeats run, beside the sync addresses. */
  readonly interfaces: readonly string[];
  /** With `true`, interfaces carry no multicast: heartbeats go to the sync addresses alone. */
  readonly unicast: boolean;
}

/** A reason to give up ownership (no weight) or to lose priority (with one). */
export type Track =
  | { readonly kind: "interface"; readonly interface: string; readonly weight: number | undefined }
  | { readonly kind: "gateway"; readonly gateway: IpAddress; readonly weight: number | undefined }
  | {
      readonly kind: "script";
      readonly script: string;
      readonly interval: Millis;
      readonly weight: number | undefined;
    };

/** An address that the active node holds. */
export interface VirtualAddress {
  readonly prefix: Prefix;
  readonly interface: string;
}

export interface Pair {
  readonly name: string;
  readonly secretFile: string;
  readonly nodes: readonly [Node, Node];
  readonly heartbeat: Heartbeat;
  readonly preempt: boolean;
  readonly preemptDelay: Millis;
  readonly sync: { readonly port: number };
  readonly track: readonly Track[];
}

/** A whole, valid configuration. */
export interface Config {
  readonly pair: Pair;
  readonly addresses: readonly VirtualAddress[];
  readonly services: readonly Service[];
}

/** The lifeline (see `heartbeat`) listens one port above the peer link. */
export const lifelinePort = (pair: Pair): number => pair.sync.port + 1;
