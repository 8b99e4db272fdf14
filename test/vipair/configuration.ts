import type { Family } from "@vipair/model";
import { gateway, gateway6, type LbName, virtualAddress, virtualAddress6 } from "../topology/plan.js";

/** The whole configuration of the pair in the test network, the same for both nodes. */
export function vipairConfiguration(secretFile: string): string {
  return `pair:
  name: lab
  secretFile: ${secretFile}
  nodes:
    lb1: { address: 192.0.2.1, priority: 200 }
    lb2: { address: 192.0.2.2, priority: 100 }
  heartbeat:
    interval: 100ms
    interfaces: [eth0, eth1]
  track:
    - { interface: eth0 }
    - { interface: eth1 }

addresses:
  - { address: ${virtualAddress}/24, interface: eth0 }
  - { address: ${gateway}/24, interface: eth1 }
  - { address: "${virtualAddress6}/64", interface: eth0 }
  - { address: "${gateway6}/64", interface: eth1 }

services:
  web:
    listen: ${virtualAddress}:80
    health: { type: http, path: /, status: 200 }
    interval: 500ms
    timeout: 400ms
    rise: 1
    fall: 2
    servers:
      rs1: { address: 10.77.2.11:80 }
      rs2: { address: 10.77.2.12:80 }
  web6:
    listen: "[${virtualAddress6}]:80"
    health: { type: http, path: /, status: 200 }
    interval: 500ms
    timeout: 400ms
    rise: 1
    fall: 2
    servers:
      rs1: { address: "[2001:db8:2::11]:80" }
      rs2: { address: "[2001:db8:2::12]:80" }
  echo:
    listen: ${virtualAddress}:7/udp
    health: { type: tcp, port: 80 }
    interval: 500ms
    timeout: 400ms
    rise: 1
    fall: 2
    servers:
      rs1: { address: 10.77.2.11:7/udp }
      rs2: { address: 10.77.2.12:7/udp }
`;
}

export interface VrrpOptions {
  readonly families: readonly Family[];
  /** Of lb1 and lb2. */
  readonly priorities: readonly [number, number];
  readonly preempt?: boolean;
  readonly unicast?: boolean;
  readonly checksum?: "pseudoHeader" | "message";
  /** YAML of the services; none when left out. */
  readonly services?: string;
}

/** A pair that speaks VRRP on the client net: its virtual routers are those of `keepalived/router.ts`. */
export const vrrpConfiguration =
  ({ families, priorities, preempt = false, unicast = false, checksum = "pseudoHeader", services }: VrrpOptions) =>
  (secretFile: string): string =>
    `pair:
  name: lab
  secretFile: ${secretFile}
  nodes:
    lb1: { address: 192.0.2.1, priority: ${priorities[0]} }
    lb2: { address: 192.0.2.2, priority: ${priorities[1]} }
  heartbeat: { transport: vrrp, routerId: 51, interfaces: [eth0], unicast: ${unicast}, checksum: ${checksum} }
  preempt: ${preempt}

addresses:
${families.flatMap((family) => vrrpAddresses[family]).join("\n")}
${services ?? ""}`;

const vrrpAddresses: Readonly<Record<Family, readonly string[]>> = {
  4: [
    `  - { address: ${virtualAddress}/24, interface: eth0 }`, //
    `  - { address: ${gateway}/24, interface: eth1 }`,
  ],
  6: [
    `  - { address: "fe80::10/64", interface: eth0 }`,
    `  - { address: "${virtualAddress6}/64", interface: eth0 }`,
    `  - { address: "${gateway6}/64", interface: eth1 }`,
  ],
};

/** Where a node of a pair keeps its things. */
export interface NodeFiles {
  readonly node: LbName;
  readonly config: string;
  readonly secret: string;
  readonly socket: string;
  readonly log: string;
}
