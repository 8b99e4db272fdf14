import type { IpAddress, Prefix } from "./address.js";
import { type Millis, millisOf } from "./duration.js";
import type { Service } from "./service.js";

/** One node of the pair as the configuration names it. */
export interface Node {
  readonly name: string;
  /** Where the other node reaches it: heartbeats, the lifeline and the peer link use it. */
  readonly address: IpAddress;
  /** 1 to 254; the higher one is preferred (RFC 9568 § 5.2.4). */
  readonly priority: number;
}

/**
 * What the checksum of a VRRP advertisement over IPv4 is over. RFC 9568 § 5.2.8: the message alone. RFC 5798 was read as the
 * message behind a pseudo-header, as in IPv6, by keepalived among others, and they accept nothing else.
 */
export type ChecksumReading = "pseudoHeader" | "message";

export interface Heartbeat {
  /** Authenticated datagrams between two nodes of this product, or RFC 9568 with any router that speaks it. */
  readonly transport: "udp" | "vrrp";
  /** 1 to 255; tells pairs on one network apart (RFC 9568 § 5.2.3). */
  readonly routerId: number;
  readonly interval: Millis;
  /** Interfaces on which heartbeats run, beside the sync addresses. */
  readonly interfaces: readonly string[];
  /** With `true`, interfaces carry no multicast: heartbeats go to the sync addresses alone. */
  readonly unicast: boolean;
  /** vrrp over IPv4: the checksum that is sent; both are accepted. */
  readonly checksum: ChecksumReading;
  /**
   * vrrp: the addresses answer with the virtual router's own link-layer address (see {@link VirtualDevice}). Absent where they
   * do not: versions that do not know it mean the same.
   */
  readonly virtualMac?: true;
}

/** A reason to give up ownership (no weight) or to lose priority (with one). */
export type Track =
  | { readonly kind: "interface"; readonly interface: string; readonly weight: number | undefined }
  /** The neighbour on this interface answers to ARP or neighbour discovery. */
  | (Sampled & {
      readonly kind: "gateway";
      readonly gateway: IpAddress;
      readonly interface: string;
      readonly weight: number | undefined;
    })
  /** The program exits with 0 within the interval. */
  | (Sampled & { readonly kind: "script"; readonly script: string; readonly weight: number | undefined })
  /** At least so many servers of the service may get new connections. */
  | {
      readonly kind: "service";
      readonly service: string;
      readonly minimum: number;
      readonly weight: number | undefined;
    };

/** Something that is looked at again and again; so many results in a row it takes to believe a change. */
export interface Sampled {
  readonly interval: Millis;
  readonly rise: number;
  readonly fall: number;
}

/**
 * The name under which a track's changes are reported: `interface eth0`, `gateway 198.51.100.1`, `script /bin/x`,
 * `service owa`.
 */
export function trackKey(track: Track): string {
  switch (track.kind) {
    case "interface":
      return `interface ${track.interface}`;
    case "gateway":
      return `gateway ${track.gateway.text}`;
    case "script":
      return `script ${track.script}`;
    case "service":
      return `service ${track.service}`;
  }
}

/**
 * Fails while a node is held back because it kept ending. It leaves the least priority there is, and is never decisive: a
 * node that is alone serves.
 */
export const stabilityTrack = { track: "stability", weight: 254 } as const;

/** An address that the active node holds. */
export interface VirtualAddress {
  readonly prefix: Prefix;
  readonly interface: string;
}

/** The interfaces that these are on, each once. */
export const interfacesOf = (addresses: readonly Pick<VirtualAddress, "interface">[]): string[] => [
  ...new Set(addresses.map((address) => address.interface)),
];

/** A third host, on the link of an interface, whose answer shows that this node is not the one that is cut off. */
export interface Witness {
  readonly address: IpAddress;
  readonly interface: string;
}

export interface Pair {
  readonly name: string;
  readonly secretFile: string;
  readonly nodes: readonly [Node, Node];
  readonly heartbeat: Heartbeat;
  readonly preempt: boolean;
  readonly preemptDelay: Millis;
  /** How long the standby must have reached more than the active node before it asks for ownership. */
  readonly reachDelay: Millis;
  /** One of them must answer before a node becomes active because it hears its peer on no path; none: silence is enough. */
  readonly witness: readonly Witness[];
  readonly sync: { readonly port: number };
  readonly track: readonly Track[];
}

/** Of {@link Pair.reachDelay}. */
export const defaultReachDelay = millisOf(2_000);

/** A whole, valid configuration. */
export interface Config {
  readonly pair: Pair;
  readonly addresses: readonly VirtualAddress[];
  readonly services: readonly Service[];
  readonly fastPath: FastPathUse;
}

/** Which connections pass by conntrack and the rules: the busy ones; or those of TCP begin there, too. */
export type FastPathUse = "none" | "busy" | "all";

/** The lifeline (see `heartbeat`) listens one port above the peer link. */
export const lifelinePort = (pair: Pair): number => pair.sync.port + 1;
