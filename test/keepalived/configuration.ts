import { gateway, type LbName, ports, virtualAddress } from "../topology/plan.js";

/** 100 ms advertisements as in the other pair; both start as BACKUP, which `nopreempt` demands. */
export function keepalivedConfiguration(node: LbName): string {
  return `
global_defs {
  router_id ${node}
  vrrp_version 3
}
vrrp_instance pair {
  state BACKUP
  nopreempt
  interface eth0
  virtual_router_id 51
  priority ${node === "lb1" ? 200 : 100}
  advert_int 0.1
  track_interface { eth1 }
  virtual_ipaddress {
    ${virtualAddress}/24 dev eth0
    ${gateway}/24 dev eth1
  }
}
`;
}

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
