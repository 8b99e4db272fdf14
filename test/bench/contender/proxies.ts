import { join } from "node:path";
import { until } from "../../topology/clock.js";
import { virtualAddress } from "../../topology/plan.js";
import type { Running } from "../../topology/running.js";
import { program } from "../../traffic/instrument.js";
import type { BenchService, Contender, Network } from "./contender.js";
import { forward, unforward } from "./forwarding.js";

/** HAProxy in TCP mode, with one thread for each core as it comes. Its master starts a worker for what is reloaded (`-sf`). */
export const haproxy = (topology: Network): Contender =>
  proxy(topology, "haproxy", ["tcp"], haproxyConfiguration, (file) => ["haproxy", "-W", "-f", file], "SIGUSR2");

/** nginx with its stream module. */
export const nginx = (topology: Network): Contender =>
  proxy(topology, "nginx", ["tcp", "udp"], nginxConfiguration, (file) => ["nginx", "-c", file]);

/** The few lines that a proxy takes in Node.js. */
export const nodeProxy = (topology: Network): Contender =>
  proxy(
    topology,
    "node",
    ["tcp"],
    (services) => JSON.stringify(services),
    (file) => [process.execPath, program("bench/contender/node-proxy-program"), virtualAddress, file],
  );

function proxy(
  topology: Network,
  name: Contender["name"],
  protocols: Contender["protocols"],
  configure: (services: readonly BenchService[], directory: string) => string,
  command: (file: string) => string[],
  reload?: NodeJS.Signals,
): Contender {
  let running: Running | undefined;
  const file = join(topology.directory, `${name}.conf`);
  const write = (services: readonly BenchService[]): Promise<void> => {
    const offered = services.filter(({ protocol }) => protocols.includes(protocol));
    return topology.host("lb1").write(file, configure(offered, topology.directory));
  };
  return {
    name,
    topology,
    target: virtualAddress,
    protocols,
    start: async (services) => {
      await forward(topology);
      await write(services);
      const lb1 = topology.host("lb1");
      running = lb1.spawn(command(file), { log: join(topology.directory, `${name}.log`) });
      const last = services.findLast(({ protocol }) => protocol === "tcp");
      await until(`${name} listens`, 60_000, async () => {
        if (running?.alive !== true) throw new Error(`${name} ended: ${running?.output}`);
        return (await lb1.check(["ss", "-Hltn", `sport = :${last?.port}`])).includes(virtualAddress);
      });
    },
    ...(reload === undefined
      ? {}
      : {
          reload: async (services) => {
            await write(services);
            running?.child.kill(reload);
          },
        }),
    get pids() {
      return running?.pids ?? [];
    },
    stop: async () => {
      await running?.end(2_000);
      await unforward(topology);
    },
  };
}

const haproxyConfiguration = (services: readonly BenchService[]): string =>
  [
    "global",
    "  maxconn 6000",
    "defaults",
    "  mode tcp",
    "  timeout connect 5s",
    "  timeout client 60s",
    "  timeout server 60s",
    ...services.flatMap(({ name, port, servers }) => [
      `listen ${name}`,
      `  bind ${virtualAddress}:${port}`,
      "  balance roundrobin",
      ...servers.map((server, index) => `  server s${index} ${server.address}:${server.port}`),
    ]),
    "",
  ].join("\n");

const nginxConfiguration = (services: readonly BenchService[], directory: string): string =>
  [
    "load_module /usr/lib/nginx/modules/ngx_stream_module.so;",
    "daemon off;",
    "worker_processes auto;",
    "worker_rlimit_nofile 200000;",
    `pid ${directory}/nginx.pid;`,
    `error_log ${directory}/nginx-error.log;`,
    "events { worker_connections 50000; }",
    "stream {",
    "  access_log off;",
    "  proxy_connect_timeout 5s;",
    "  proxy_timeout 60s;",
    ...services.flatMap(({ name, protocol, port, servers }) => [
      `  upstream ${name} { ${servers.map((server) => `server ${server.address}:${server.port};`).join(" ")} }`,
      `  server { listen ${virtualAddress}:${port}${protocol === "udp" ? " udp" : ""}; proxy_pass ${name}; }`,
    ]),
    "}",
    "",
  ].join("\n");
