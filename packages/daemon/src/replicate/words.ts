import { type Flow, flowStatus, protocols } from "@vipair/model";

/** `enum tcp_conntrack`, as `conntrack -L` spells it. */
const stateNames = [
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

export function flowState({ tcp, status }: Flow): string {
  if (tcp !== undefined) return stateNames[tcp.state] ?? String(tcp.state);
  if ((status & flowStatus.assured) !== 0) return "ASSURED";
  return (status & flowStatus.seenReply) !== 0 ? "REPLIED" : "UNREPLIED";
}

/** By IANA number. */
export const protocolName = (protocol: number): string =>
  protocol === protocols.tcp ? "tcp" : protocol === protocols.udp ? "udp" : String(protocol);
