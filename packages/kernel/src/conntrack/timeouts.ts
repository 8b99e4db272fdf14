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
  tcpEstablished: setting("tcp_timeout_established"),
  udp: setting("udp_timeout"),
  udpStream: setting("udp_timeout_stream"),
});

const setting = (name: string): number => Number(readFileSync(`/proc/sys/net/netfilter/nf_conntrack_${name}`, "utf8"));
