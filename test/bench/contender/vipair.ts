import { until } from "../../topology/clock.js";
import { gateway, virtualAddress } from "../../topology/plan.js";
import type { Topology } from "../../topology/topology.js";
import { newSecret, VipairNode } from "../../vipair/node.js";
import type { BenchService, Contender } from "./contender.js";

/** One node of a pair whose other node is not there: what replication costs is measured apart. */
export async function vipair(topology: Topology): Promise<Contender> {
  const secret = await newSecret();
  let node: VipairNode | undefined;
  return {
    name: "vipair",
    topology,
    target: virtualAddress,
    protocols: ["tcp", "udp"],
    start: async (services) => {
      const started = new VipairNode(topology.host("lb1"), topology.directory, secret, (file) =>
        configuration(file, services),
      );
      node = started;
      started.start();
      await until("vipair serves", 120_000, async () => {
        const status = await started.status();
        return status.role === "active" && status.services.every(({ up }) => up);
      });
    },
    get pids() {
      return node?.pids ?? [];
    },
    stop: async () => {
      await node?.stop();
    },
  };
}

/** With few probes: the more services, the seldomer. */
const configuration = (secretFile: string, services: readonly BenchService[]): string =>
  `pair:
  name: bench
  secretFile: ${secretFile}
  nodes:
    lb1: { address: 192.0.2.1, priority: 200 }
    lb2: { address: 192.0.2.2, priority: 100 }
  heartbeat: { interval: 100ms, interfaces: [eth0] }

addresses:
  - { address: ${virtualAddress}/24, interface: eth0 }
  - { address: ${gateway}/24, interface: eth1 }

services:
${services.map((one) => service(one, Math.max(2, Math.ceil(services.length / 50)))).join("\n")}
`;

function service({ name, protocol, port, servers }: BenchService, intervalSeconds: number): string {
  const suffix = protocol === "udp" ? "/udp" : "";
  return [
    `  ${name}:`,
    `    listen: ${virtualAddress}:${port}${suffix}`,
    ...(protocol === "tcp" ? [`    interval: ${intervalSeconds}s`] : []),
    "    servers:",
    ...servers.map((server, index) => `      s${index}: { address: "${server.address}:${server.port}${suffix}" }`),
  ].join("\n");
}
