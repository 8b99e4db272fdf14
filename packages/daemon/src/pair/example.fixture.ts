import { type Flow, flowMark, type NodeReport, type ReplicaReport, type SourceReport } from "@vipair/model";

const counts = {
  bytes: 4_096,
  framesSent: 10,
  framesReceived: 20,
  bytesSent: 1_000,
  bytesReceived: 2_000,
  refusedFrames: 0,
  overruns: 0,
};

export const sourceReport: SourceReport = {
  role: "source",
  connections: 12,
  protected: 11,
  lagMs: 3,
  waiting: 1,
  unacknowledged: 0,
  tombstones: 0,
  lost: 0,
  comparisons: 5,
  comparedAt: "2026-01-01T00:00:05.000Z",
  ...counts,
};

export const replicaReport: ReplicaReport = {
  role: "replica",
  connections: 11,
  protected: 11,
  inStep: true,
  caughtUp: { missing: 4, surplus: 0, different: 0 },
  drift: { missing: 0, surplus: 2, different: 1 },
  driftAt: "2026-01-01T00:00:07.000Z",
  lost: 1,
  refusedInserts: 3,
  ...counts,
};

/** A node's report for tests. */
export const nodeReport: NodeReport = {
  node: "lb2",
  version: "0.1.0",
  role: "backup",
  since: "2026-01-01T00:00:00.000Z",
  reason: "start",
  ready: true,
  missing: [],
  maintenance: false,
  priority: 100,
  term: 3,
  addresses: [],
  heartbeat: [],
  replication: replicaReport,
  services: [
    {
      name: "web",
      listen: "198.51.100.10:80",
      mode: "nat",
      scheduler: "roundRobin",
      up: true,
      servers: [
        {
          name: "s1",
          address: "10.0.0.1:80",
          health: "up",
          admin: "enabled",
          weight: 1,
          connections: 0,
          totalConnections: 0,
          connectionsPerSecond: 0,
          because: "connected",
        },
      ],
    },
  ],
};

/** The connection of one client port, in a state of TCP's. */
export function flowOf(clientPort: number, state = 3): Flow {
  const client = { address: { family: 4, text: "192.0.2.7" }, port: clientPort } as const;
  const listen = { address: { family: 4, text: "198.51.100.10" }, port: 80 } as const;
  const server = { address: { family: 4, text: "10.0.0.1" }, port: 80 } as const;
  const tuple = (from: typeof client | typeof listen | typeof server, to: typeof from) => ({
    source: from.address,
    destination: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
  });
  return {
    protocol: 6,
    original: tuple(client, listen),
    reply: tuple(server, client),
    status: 0x18e,
    timeout: 300,
    mark: flowMark | 1,
    tcp: { state, scaleOriginal: 7, scaleReply: 7, flagsOriginal: 0, flagsReply: 0 },
  };
}
