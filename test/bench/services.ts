import type { BenchService } from "./contender/contender.js";
import { iperfPort } from "./load/iperf.js";

const [first, second] = ["10.77.2.11", "10.77.2.12"];

/** What every contender offers: requests to both servers, and a way to one of them for each protocol of iperf3. */
export const benchServices: readonly BenchService[] = [
  { name: "bulk", protocol: "tcp", port: iperfPort, servers: [{ address: first, port: iperfPort }] },
  { name: "packets", protocol: "udp", port: iperfPort, servers: [{ address: first, port: iperfPort }] },
  {
    name: "web",
    protocol: "tcp",
    port: 80,
    servers: [
      { address: first, port: 80 },
      { address: second, port: 80 },
    ],
  },
];
