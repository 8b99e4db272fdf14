import { join } from "node:path";
import { until } from "../../topology/clock.js";
import { virtualAddress } from "../../topology/plan.js";
import type { Running } from "../../topology/running.js";
import type { BenchService, Contender, Network } from "./contender.js";
import { forward, unforward } from "./forwarding.js";

const nothing = async (): Promise<void> => undefined;

/** No hop at all: the servers of this one are on the client's own network. */
export const direct = (topology: Network): Contender => ({
  name: "direct",
  topology,
  target: "198.51.100.101",
  protocols: ["tcp", "udp"],
  start: nothing,
  pids: [],
  stop: nothing,
});

/** A router, and nothing else: the client speaks to the first server itself. */
export const routing = (topology: Network): Contender => ({
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

/** nftlb writes its rules, and then waits for requests over HTTP. */
export function nftlb(topology: Network): Contender {
  const lb1 = topology.host("lb1");
  let running: Running | undefined;
  let known: ReadonlySet<string> = new Set();
  return {
    name: "nftlb",
    topology,
    target: virtualAddress,
    protocols: ["tcp", "udp"],
    start: async (services) => {
      await forward(topology);
      const file = join(topology.directory, "nftlb.json");
      await lb1.write(file, farmsOf(services));
      known = new Set(services.map(({ name }) => name));
      const options = ["-L", "1", "-l", "4", "-k", requestKey, "-H", "127.0.0.1", "-P", `${requestPort}`, "-c", file];
      running = lb1.spawn(["nftlb", ...options], { log: join(topology.directory, "nftlb.log") });
      await until("nftlb takes requests", 120_000, async () => {
        if (running?.alive !== true) throw new Error(`nftlb ended: ${running?.output}`);
        return (await lb1.check(["ss", "-Hltn", `sport = :${requestPort}`])) !== "";
      });
    },
    reload: async (services) => {
      const added = services.filter(({ name }) => !known.has(name));
      const request = ["-s", "-H", `Key: ${requestKey}`, "-d", "@-", `http://127.0.0.1:${requestPort}/farms`];
      await lb1.check(["curl", ...request], { input: farmsOf(added), timeoutMs: 120_000 });
    },
    get pids() {
      return running?.pids ?? [];
    },
    stop: async () => {
      await running?.end(2_000);
      await unforward(topology);
    },
  };
}

const requestKey = "bench";
const requestPort = 5_555;

const farmsOf = (services: readonly BenchService[]): string => JSON.stringify({ farms: services.map(farm) });

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
