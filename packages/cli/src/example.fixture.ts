import type {
  ConnectionReport,
  NodeReport,
  ServerReport,
  StatusReport,
  SyncStatusReport,
  TuningStatusReport,
  VerifyReport,
} from "@vipair/model";

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

/** A connection from this port of a client. */
export const exampleConnection = (port: number, more: Partial<ConnectionReport> = {}): ConnectionReport => ({
  service: "owa",
  protocol: "tcp",
  client: `192.0.2.7:${port}`,
  listener: "198.51.100.10:443",
  server: "10.77.2.11:443",
  serverName: "ex1",
  state: "ESTABLISHED",
  timeLeft: 432_000,
  protection: "yes",
  ...more,
});

export const exampleSync: SyncStatusReport = {
  connected: true,
  since: "2026-01-01T08:48:00.000Z",
  protectedShare: 0.9922,
  nodes: [
    {
      node: "lb1",
      replication: {
        role: "source",
        connections: 41530,
        protected: 41210,
        lagMs: 38,
        waiting: 12,
        unacknowledged: 305,
        tombstones: 4,
        lost: 3,
        comparisons: 1152,
        comparedAt: "2026-01-01T11:59:56.000Z",
        bytes: 7_000_000,
        framesSent: 120_000,
        framesReceived: 60_000,
        bytesSent: 48_000_000,
        bytesReceived: 720_000,
        refusedFrames: 0,
        overruns: 0,
      },
    },
    {
      node: "lb2",
      replication: {
        role: "replica",
        connections: 41210,
        protected: 41210,
        inStep: true,
        caughtUp: { missing: 40_100, surplus: 3, different: 0 },
        drift: { missing: 2, surplus: 1, different: 0 },
        driftAt: "2026-01-01T11:58:00.000Z",
        lost: 17,
        refusedInserts: 3,
        bytes: 5_000_000,
        framesSent: 60_000,
        framesReceived: 119_990,
        bytesSent: 720_000,
        bytesReceived: 48_000_000,
        refusedFrames: 1,
        overruns: 2,
      },
    },
  ],
};

/** Of two differences that were repaired. */
export const exampleVerify: VerifyReport = {
  clean: true,
  active: "lb1",
  standby: "lb2",
  connections: 41530,
  found: { missing: 1, surplus: 0, different: 1 },
  remaining: { missing: 0, surplus: 0, different: 0 },
  repaired: 2,
  examples: ["tcp 192.0.2.7:40000 → 198.51.100.10:443 → 10.77.2.11:443 is missing on lb2"],
  complete: true,
  rounds: 5,
  tookMs: 840,
};

/** One node with things to set, one with none, and one that is silent. */
export const exampleTuning: TuningStatusReport = {
  nodes: [
    {
      node: "lb1",
      tuning: {
        readings: {
          processors: 4,
          conntrack: { count: 41530, most: 65_536, buckets: 16_384, accounting: false, establishedSeconds: 86_400 },
          interfaces: [
            {
              name: "eth0",
              isCard: true,
              receiveQueues: 4,
              mostQueues: 8,
              interruptProcessors: 4,
              steeredTo: 0,
              receiveOffload: true,
            },
            { name: "eth1", isCard: true, receiveQueues: 1, steeredTo: 1, receiveOffload: false },
          ],
        },
        advice: [
          {
            setting: "net.netfilter.nf_conntrack_max",
            now: "65536",
            advised: "262144",
            because: "the servers may have 100000 connections (maxConnections)",
            command: "sysctl -w net.netfilter.nf_conntrack_max=262144",
            urgent: true,
          },
          {
            setting: "eth1 receive offload (GRO)",
            now: "off",
            advised: "on",
            because: "bulk data passes in many small pieces",
            command: "ethtool -K eth1 gro on",
            urgent: false,
          },
        ],
      },
    },
    {
      node: "lb2",
      tuning: {
        readings: { processors: 1, interfaces: [{ name: "eth0", isCard: false, receiveQueues: 1, steeredTo: 0 }] },
        advice: [],
      },
    },
    { node: "lb3" },
  ],
};
