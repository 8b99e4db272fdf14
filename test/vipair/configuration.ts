import type { Family } from "@vipair/model";
import { gateway, gateway6, type LbName, ports, virtualAddress, virtualAddress6 } from "../topology/plan.js";

const families: readonly Family[] = [4, 6];
const http = "{ type: http, path: /, status: 200 }";
const connects = "{ type: tcp, port: 80 }";

/** A service with both real servers, as YAML. `protocol` is `/udp`, or nothing for TCP. */
function service(name: string, family: Family, listen: number, to: number, protocol: string, more: string[]): string {
  const at = (address4: string, address6: string, port: number): string =>
    `"${family === 4 ? address4 : `[${address6}]`}:${port}${protocol}"`;
  return [
    `  ${name}${family === 4 ? "" : "6"}:`,
    `    listen: ${at(virtualAddress, virtualAddress6, listen)}`,
    ...more.map((line) => `    ${line}`),
    "    timeout: 400ms",
    "    rise: 1",
    "    fall: 2",
    "    servers:",
    `      rs1: { address: ${at("10.77.2.11", "2001:db8:2::11", to)} }`,
    `      rs2: { address: ${at("10.77.2.12", "2001:db8:2::12", to)} }`,
  ].join("\n");
}

/** Of each protocol, of both families, and each once more one-armed. */
const services = families
  .flatMap((family) => {
    const often = (health: string): string[] => [`health: ${health}`, "interval: 500ms"];
    const seldom = [`health: ${connects}`, "interval: 2s"];
    const snat = ["mode: snat", ...seldom];
    return [
      service("web", family, ports.http, ports.http, "", often(http)),
      service("echo", family, ports.echo, ports.echo, "/udp", often(connects)),
      service("terminal", family, ports.echo, ports.echo, "", seldom),
      service("stream", family, ports.stream, ports.stream, "", seldom),
      service("webSnat", family, ports.snat.http, ports.http, "", snat),
      service("echoSnat", family, ports.snat.echo, ports.echo, "/udp", snat),
      service("terminalSnat", family, ports.snat.echo, ports.echo, "", snat),
      service("streamSnat", family, ports.snat.stream, ports.stream, "", snat),
    ];
  })
  .join("\n");

export interface PairOptions {
  readonly intervalMs?: number;
  /** More of what is tracked, each as YAML: `{ gateway: 198.51.100.1 }`. */
  readonly tracks?: readonly string[];
  readonly fastPath?: boolean | "all";
}

/** The whole configuration of the pair in the test network, the same for both nodes. */
export function vipairConfiguration(
  secretFile: string,
  { intervalMs = 100, tracks = [], fastPath = false }: PairOptions = {},
): string {
  return `fastPath: ${fastPath}
pair:
  name: lab
  secretFile: ${secretFile}
  nodes:
    lb1: { address: 192.0.2.1, priority: 200 }
    lb2: { address: 192.0.2.2, priority: 100 }
  heartbeat:
    interval: ${intervalMs}ms
    interfaces: [eth0, eth1]
  track:
    - { interface: eth0 }
    - { interface: eth1 }
${tracks.map((track) => `    - ${track}\n`).join("")}
addresses:
  - { address: ${virtualAddress}/24, interface: eth0 }
  - { address: ${gateway}/24, interface: eth1 }
  - { address: "${virtualAddress6}/64", interface: eth0 }
  - { address: "${gateway6}/64", interface: eth1 }

services:
${services}`;
}

export interface VrrpOptions {
  readonly families: readonly Family[];
  /** Of lb1 and lb2. */
  readonly priorities: readonly [number, number];
  readonly preempt?: boolean;
  readonly unicast?: boolean;
  readonly checksum?: "pseudoHeader" | "message";
  readonly virtualMac?: boolean;
  /** YAML of the services; none when left out. */
  readonly services?: string;
}

/** A pair that speaks VRRP on the client net: its virtual routers are those of `keepalived/router.ts`. */
export const vrrpConfiguration =
  ({ families, priorities, preempt = false, unicast = false, services, ...heartbeat }: VrrpOptions) =>
  (secretFile: string): string => {
    const { checksum = "pseudoHeader", virtualMac = false } = heartbeat;
    return `pair:
  name: lab
  secretFile: ${secretFile}
  nodes:
    lb1: { address: 192.0.2.1, priority: ${priorities[0]} }
    lb2: { address: 192.0.2.2, priority: ${priorities[1]} }
  heartbeat: { transport: vrrp, routerId: 51, interfaces: [eth0], unicast: ${unicast}, checksum: ${checksum}, virtualMac: ${virtualMac} }
  preempt: ${preempt}

addresses:
${families.flatMap((family) => vrrpAddresses[family]).join("\n")}
${services ?? ""}`;
  };

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
