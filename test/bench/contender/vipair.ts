import { writeFileSync } from "node:fs";
import { until } from "../../topology/clock.js";
import { gateway, virtualAddress } from "../../topology/plan.js";
import { newSecret, VipairNode } from "../../vipair/node.js";
import type { BenchService, Contender, Network } from "./contender.js";

export const vipair = (topology: Network): Promise<Contender> => loneNode("vipair", topology);

/** With `fastPath: true`. */
export const vipairFast = (topology: Network): Promise<Contender> => loneNode("vipair-fast", topology);

/** With `fastPath: all`. */
export const vipairAll = (topology: Network): Promise<Contender> => loneNode("vipair-all", topology);

const fastPaths = { vipair: "false", "vipair-fast": "true", "vipair-all": "all" };

/** One node of a pair whose other node is not there: what replication costs is measured apart. */
async function loneNode(name: keyof typeof fastPaths, topology: Network): Promise<Contender> {
  const configuration = (secretFile: string, services: readonly BenchService[]): string =>
    `fastPath: ${fastPaths[name]}\n${configure(secretFile, services)}`;
  const secret = await newSecret();
  let node: VipairNode | undefined;
  return {
    name,
    topology,
    target: virtualAddress,
    protocols: ["tcp", "udp"],
    start: async (services) => {
      const started = new VipairNode(topology.host("lb1"), topology.directory, secret, (file) =>
        configuration(file, services),
      );
      node = started;
      await started.publish();
      started.start();
      await serves(started, services.length);
    },
    reload: async (services) => {
      if (node === undefined) return;
      writeFileSync(node.files.config, configuration(node.files.secret, services));
      node.running?.child.kill("SIGHUP");
    },
    get pids() {
      return node?.pids ?? [];
    },
    stop: async () => {
      await node?.stop();
    },
  };
}

const serves = (node: VipairNode, count: number): Promise<true> =>
  until(`vipair serves ${count} services`, 120_000, async () => {
    const { role, services } = await node.status();
    const spokenTo = services.filter(({ name }) => !name.startsWith("filler"));
    return role === "active" && services.length === count && spokenTo.every(({ up }) => up);
  });

const configure = (secretFile: string, services: readonly BenchService[]): string =>
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
${services.map((one) => service(one, probeSeconds(services))).join("\n")}
`;

/** At most a hundred probes a second: what they cost grows with the servers, and no peer here has any. */
const probeSeconds = (services: readonly BenchService[]): number =>
  Math.max(2, Math.ceil(services.reduce((sum, { servers }) => sum + servers.length, 0) / 100));

function service({ name, protocol, port, servers }: BenchService, intervalSeconds: number): string {
  const suffix = protocol === "udp" ? "/udp" : "";
  return [
    `  ${name}:`,
    `    listen: ${virtualAddress}:${port}${suffix}`,
    ...(protocol === "tcp" ? [`    interval: ${intervalSeconds}s`, "    rise: 1"] : []),
    "    servers:",
    ...servers.map((server, index) => `      s${index}: { address: "${server.address}:${server.port}${suffix}" }`),
  ].join("\n");
}
