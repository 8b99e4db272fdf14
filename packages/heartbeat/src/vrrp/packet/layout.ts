import type { Family, IpAddress, Millis } from "@vipair/model";

/**
 * The ADVERTISEMENT of VRRP version 3 (RFC 9568 § 5.2), for IPv4 and IPv6 alike; numbers in network byte order.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-------+---------------+---------------+---------------+
 *  0|  3    |  1    |   router id   |   priority    |     count     |
 *   +-------+-------+---------------+---------------+---------------+
 *  4| reserved (0)  |   interval in centiseconds    |   checksum    |
 *   |   4 bits      |            12 bits            |    16 bits    |
 *   +-------+-------+---------------+---------------+---------------+
 *  8|              addresses: count times 4 or 16 bytes             |
 *   +---------------------------------------------------------------+
 */
export interface Advertisement {
  /** 1 to 255. */
  readonly routerId: number;
  /** 1 to 254; 0: the sender gives up ownership; 255: it owns the addresses. */
  readonly priority: number;
  /** Max Advertise Interval: 10 ms to 40.95 s, in steps of 10 ms. */
  readonly interval: Millis;
  /** The virtual router's, all of the family of the packet; at least one. */
  readonly addresses: readonly IpAddress[];
}

/** An IP packet of protocol 112, without its header but with what of it matters. */
export interface Datagram {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** TTL or hop limit on arrival. */
  readonly hops: number;
  readonly payload: Uint8Array;
}

export const protocolNumber = 112;
export const advertisementType = 1;
export const vrrpVersion = 3;
export const fixedLength = 8;
/** RFC 9568 § 5.1.1.3, § 5.1.2.3: nobody who is further away than this link can send it (RFC 5082). */
export const wholeHops = 255;
export const mostCentiseconds = 0x0fff;

export const offsets = { versionAndType: 0, routerId: 1, priority: 2, count: 3, interval: 4, checksum: 6 } as const;

/** RFC 9568 § 5.1.1.2 and § 5.1.2.2. */
export const vrrpGroups: Readonly<Record<Family, IpAddress>> = {
  4: { family: 4, text: "224.0.0.18" },
  6: { family: 6, text: "ff02::12" },
};

export const addressLength = (family: Family): number => (family === 4 ? 4 : 16);
