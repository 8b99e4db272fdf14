import { gateway, type LbName, ports, virtualAddress } from "../topology/plan.js";

export interface KeepalivedPairOptions {
  readonly intervalMs?: number;
  /** An address without whose answer to a ping, once a second, a node may not be master. */
  readonly gateway?: string;
  /** Its real-time options, with the priority that the other pair gives itself. */
  readonly realTime?: boolean;
}

/** 100 ms advertisements as in the other pair; both start as BACKUP, which `nopreempt` demands. */
export function keepalivedConfiguration(
  node: LbName,
  { intervalMs = 100, gateway: asked, realTime = false }: KeepalivedPairOptions = {},
): string {
  return `
global_defs {
  router_id ${node}
  vrrp_version 3
  ${realTime ? realTimeOptions : ""}
}
${asked === undefined ? "" : pings(asked)}
vrrp_instance pair {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 51
  priority ${node === "lb1" ? 200 : 100}
  advert_int ${intervalMs / 1_000}
  track_interface { eth1 }
  ${asked === undefined ? "" : "track_script { asked }"}
  virtual_ipaddress {
    ${virtualAddress}/24 dev eth0
    ${gateway}/24 dev eth1
  }
}
`;
}

/** With its own limit of 10 ms of processor time between two waits it was killed as it sent announcements. */
const realTimeOptions = `
  vrrp_priority -20
  vrrp_rt_priority 50
  vrrp_rlimit_rttime 1000000
  vrrp_no_swap`;

/** Two failures in a row count, and two successes. */
const pings = (address: string): string => `
vrrp_script asked {
  script "/usr/bin/ping -n -q -c 1 -W 1 ${address}"
  interval 1
  timeout 1
  fall 2
  rise 2
  user root
}
`;

const inTurns = "numgen inc mod 2 map { 0 : 10.77.2.11, 1 : 10.77.2.12 }";

/** The same services of mode `nat` over IPv4 as the other pair has, written by hand. */
export const ruleset = `
table inet services {
  chain prerouting {
    type nat hook prerouting priority dstnat
    ip daddr ${virtualAddress} tcp dport { ${ports.http}, ${ports.echo}, ${ports.stream} } dnat ip to ${inTurns}
    ip daddr ${virtualAddress} udp dport ${ports.echo} dnat ip to ${inTurns}
  }
}
`;
