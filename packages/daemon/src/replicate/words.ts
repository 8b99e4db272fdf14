import type { Flow } from "@vipair/model";

/** `enum tcp_conntrack`, as `conntrack -L` spells it. */
const tcpStates = [
  "NONE",
  "SYN_SENT",
  "SYN_RECV",
  "ESTABLISHED",
  "FIN_WAIT",
  "CLOSE_WAIT",
  "LAST_ACK",
  "TIME_WAIT",
  "CLOSE",
  "SYN_SENT2",
];
/** `IPS_SEEN_REPLY`, `IPS_ASSURED`. */
const seenReply = 1 << 1;
const assured = 1 << 2;

export function flowState({ tcp, status }: Flow): string {
  if (tcp !== undefined) return tcpStates[tcp.state] ?? String(tcp.state);
  if ((status & assured) !== 0) return "ASSURED";
  return (status & seenReply) !== 0 ? "REPLIED" : "UNREPLIED";
}

/** By IANA number. */
export const protocolName = (protocol: number): string =>
  protocol === 6 ? "tcp" : protocol === 17 ? "udp" : String(protocol);
