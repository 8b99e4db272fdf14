import { readFileSync } from "node:fs";

/** How long conntrack keeps a connection without packets; seconds. */
export interface ConnectionTimeouts {
  readonly tcpEstablished: number;
  /** Nothing has come back yet. */
  readonly udp: number;
  readonly udpStream: number;
}

/** What this network namespace has set: `net.netfilter.nf_conntrack_*_timeout*`. */
export const readConnectionTimeouts = (): ConnectionTimeouts => ({
  tcpEstablished: conntrackSetting("tcp_timeout_established"),
  udp: conntrackSetting("udp_timeout"),
  udpStream: conntrackSetting("udp_timeout_stream"),
});

/** The number at `net.netfilter.nf_conntrack_NAME` of this network namespace. */
export const conntrackSetting = (name: string): number =>
  Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`, "utf8"));
