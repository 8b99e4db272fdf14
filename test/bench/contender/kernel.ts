import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { virtualAddress } from "../../topology/plan.js";
import type { Topology } from "../../topology/topology.js";
import type { BenchService, Contender } from "./contender.js";
import { forward, unforward } from "./forwarding.js";

const nothing = async (): Promise<void> => undefined;

/** No hop at all: the servers of this one are on the client's own network. */
export const direct = (topology: Topology): Contender => ({
  name: "direct",
  topology,
  target: "198.51.100.101",
  protocols: ["tcp", "udp"],
  start: nothing,
  pids: [],
  stop: nothing,
});

/** A router, and nothing else: the client speaks to the first server itself. */
export const routing = (topology: Topology): Contender => ({
  name: "routing",
  topology,
  target: "10.77.2.11",
  protocols: ["tcp", "udp"],
  start: async () => {
    await forward(topology);
    await topology.host("client").check(["ip", "route", "replace", "10.77.2.0/24", "via", "198.51.100.2"]);
  },
  pids: [],
  stop: () => unforward(topology),
});

/** nftlb writes its rules and ends. */
export const nftlb = (topology: Topology): Contender => ({
  name: "nftlb",
  topology,
  target: virtualAddress,
  protocols: ["tcp", "udp"],
  start: async (services) => {
    await forward(topology);
    const file = join(topology.directory, "nftlb.json");
    writeFileSync(file, JSON.stringify({ farms: services.map(farm) }));
    await topology.host("lb1").check(["nftlb", "-e", "-L", "1", "-l", "4", "-c", file], { timeoutMs: 120_000 });
  },
  pids: [],
  stop: () => unforward(topology),
});

const farm = ({ name, protocol, port, servers }: BenchService) => ({
  name,
  family: "ipv4",
  "virtual-addr": virtualAddress,
  "virtual-ports": `${port}`,
  mode: "dnat",
  protocol,
  scheduler: "rr",
  state: "up",
  backends: servers.map((server, index) => ({
    name: `server${index}`,
    "ip-addr": server.address,
    port: `${server.port}`,
    state: "up",
  })),
});
