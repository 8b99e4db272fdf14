import { join } from "node:path";
import { until } from "../../topology/clock.js";
import type { HostName } from "../../topology/plan.js";
import type { Network } from "../contender/contender.js";
import { iperfPort } from "./iperf.js";

/** The hosts that serve: two behind the hop, and one on the client's network. */
const serving: readonly HostName[] = ["rs1", "rs2", "watch"];

/** Starts what the loads speak to: a small answer over HTTP, and iperf3. */
export async function startServers(topology: Network): Promise<void> {
  await Promise.all(serving.map((name) => startServer(topology, name)));
}

async function startServer(topology: Network, name: HostName): Promise<void> {
  const host = topology.host(name);
  const file = join(topology.directory, `nginx-${name}.conf`);
  await host.write(file, configuration(topology.directory, name));
  host.spawn(["nginx", "-c", file]);
  // One that has lost its client may refuse the next one: then another takes its place.
  host.spawn(["sh", "-c", `while :; do iperf3 -s -1 -p ${iperfPort}; done`]);
  await until(`the servers on ${name} listen`, 30_000, async () => {
    const listening = await host.check(["ss", "-Hltn"]);
    return listening.includes(":80 ") && listening.includes(`:${iperfPort} `);
  });
}

const configuration = (directory: string, name: HostName): string => `daemon off;
pid ${directory}/nginx-${name}.pid;
error_log ${directory}/nginx-${name}.log;
worker_rlimit_nofile 100000;
events { worker_connections 20000; }
http {
  access_log off;
  keepalive_requests 1000000000;
  server { listen 80 backlog=65535; listen 20000-24999; return 200 "ok\\n"; }
}
`;
