import type { NodeReport, ServerReport, StatusReport } from "@vipair/model";

/** When the example reports were made. */
export const exampleNow = Date.parse("2026-01-01T12:00:00.000Z");

const exampleServer = (name: string, address: string, more: Partial<ServerReport> = {}): ServerReport => ({
  name,
  address,
  health: "up",
  admin: "enabled",
  weight: 1,
  connections: 210,
  totalConnections: 9000,
  connectionsPerSecond: 12,
  because: "https 200 in 3 ms",
  peerHealth: "up",
  ...more,
});

const addresses = (held: boolean) => [
  { address: "198.51.100.10/24", interface: "eth0", held },
  { address: "10.77.2.254/24", interface: "eth1", held },
];

const lb1: NodeReport = {
  node: "lb1",
  version: "0.1.0",
  role: "active",
  since: "2026-01-01T11:57:55.000Z",
  reason: "silence",
  ready: true,
  missing: [],
  maintenance: false,
  priority: 200,
  term: 7,
  addresses: addresses(true),
  heartbeat: [
    { path: "eth0", up: true, lastHeardMs: 41 },
    { path: "sync", up: true, lastHeardMs: 41 },
    { path: "lifeline", up: false },
  ],
  services: [
    {
      name: "owa",
      listen: "198.51.100.10:443",
      mode: "nat",
      scheduler: "roundRobin",
      up: true,
      servers: [
        exampleServer("ex1", "10.77.2.11:443"),
        exampleServer("ex2", "10.77.2.12:443", { admin: "draining", connections: 20690, connectionsPerSecond: 0.44 }),
        exampleServer("ex3", "10.77.2.13:443", { health: "down", connections: 0, because: "connection refused" }),
      ],
    },
    { name: "http", listen: "198.51.100.10:80", mode: "redirect", scheduler: "", up: true, servers: [] },
  ],
};

const lb2: NodeReport = {
  ...lb1,
  node: "lb2",
  role: "backup",
  since: "2026-01-01T08:48:00.000Z",
  reason: "start",
  priority: 100,
  addresses: addresses(false),
};

/** What lb1 says while it is active and lb2 is a good standby. */
export const exampleReport: StatusReport = {
  ...lb1,
  peer: {
    node: "lb2",
    role: "backup",
    reachable: true,
    ready: true,
    maintenance: false,
    priority: 100,
    version: "0.1.0",
    report: lb2,
  },
  sync: {
    connected: true,
    since: "2026-01-01T08:48:00.000Z",
    connections: 41530,
    protected: 41210,
    protectedShare: 0.9922,
    lagMs: 38,
  },
};
