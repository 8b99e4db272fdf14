import type { IpAddress } from "./address.js";

/** IANA protocol numbers. */
export const protocols = { tcp: 6, udp: 17 } as const;

/** Bits of {@link Flow.status}: `enum ip_conntrack_status`, linux/netfilter/nf_conntrack_common.h. */
export const flowStatus = {
  seenReply: 0x2,
  assured: 0x4,
  confirmed: 0x8,
  sourceTranslated: 0x10,
  destinationTranslated: 0x20,
} as const;

/** `enum tcp_conntrack`, linux/netfilter/nf_conntrack_tcp.h. */
export const tcpStates = {
  synSent: 1,
  synReceived: 2,
  established: 3,
  finWait: 4,
  lastAck: 6,
  timeWait: 7,
  close: 8,
} as const;

/** One direction of a connection as conntrack keeps it (`struct nf_conntrack_tuple`). */
export interface Tuple {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** What conntrack knows of a TCP connection and another kernel needs to carry it on. */
export interface TcpFlow {
  /** {@link tcpStates} */
  readonly state: number;
  readonly scaleOriginal: number;
  readonly scaleReply: number;
  /** `IP_CT_TCP_FLAG_*` of each direction. */
  readonly flagsOriginal: number;
  readonly flagsReply: number;
}

/** A connection through one of our services: one conntrack entry. */
export interface Flow {
  /** {@link protocols} */
  readonly protocol: number;
  readonly original: Tuple;
  /** As the kernel sees it after NAT: its source is the real server. */
  readonly reply: Tuple;
  /** {@link flowStatus} */
  readonly status: number;
  /** Seconds until the entry expires. */
  readonly timeout: number;
  readonly mark: number;
  readonly tcp: TcpFlow | undefined;
}

/** Connections of our services carry this in the upper half of their conntrack mark, the service's number in the lower. */
export const flowMark = 0x5650_0000;
export const flowMarkMask = 0xffff_0000;
