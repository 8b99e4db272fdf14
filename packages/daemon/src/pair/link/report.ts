import { z } from "zod";

export const count = z.int().nonnegative();

const server = z.looseObject({ name: z.string(), health: z.enum(["up", "down", "unknown"]) });
const drift = z.object({ missing: count, surplus: count, different: count });
const replicationCounts = {
  connections: count,
  protected: count,
  bytes: count,
  framesSent: count,
  framesReceived: count,
  bytesSent: count,
  bytesReceived: count,
  refusedFrames: count,
  overruns: count,
};
const replication = z.discriminatedUnion("role", [
  z.looseObject({
    role: z.literal("source"),
    ...replicationCounts,
    lagMs: count,
    waiting: count,
    unacknowledged: count,
    tombstones: count,
    lost: count,
    comparisons: count,
    comparedAt: z.string().optional(),
  }),
  z.looseObject({
    role: z.literal("replica"),
    ...replicationCounts,
    inStep: z.boolean(),
    caughtUp: drift,
    drift,
    driftAt: z.string().optional(),
    lost: count,
    refusedInserts: count,
  }),
]);

/** A cause is a word for people: a later version may have more of them. */
const frozen = z.object({
  at: z.string(),
  agoMs: count,
  lastedMs: count,
  cause: z.string().max(20),
  stealMs: count.optional(),
});

const tuning = z.looseObject({
  readings: z.looseObject({
    processors: count,
    conntrack: z.looseObject({ count, most: count, buckets: count }).optional(),
    interfaces: z.array(
      z.looseObject({ name: z.string(), isCard: z.boolean(), receiveQueues: count, steeredTo: count }),
    ),
  }),
  advice: z.array(
    z.looseObject({
      setting: z.string(),
      now: z.string(),
      advised: z.string(),
      because: z.string(),
      command: z.string(),
      urgent: z.boolean(),
    }),
  ),
});

/** A report is shown, never acted upon beyond these fields. */
export const reportSchema = z.looseObject({
  node: z.string(),
  version: z.string(),
  role: z.enum(["initialize", "backup", "active"]),
  since: z.string(),
  reason: z.string(),
  ready: z.boolean(),
  missing: z.array(z.string()),
  services: z.array(z.looseObject({ name: z.string(), servers: z.array(server) })),
  takeover: z
    .looseObject({
      obstacles: z.array(z.string()),
      claimObstacles: z.array(z.string()).optional(),
      silenceMs: z.number(),
      lifelineMs: z.number().optional(),
    })
    .optional(),
  replication: replication.optional(),
  frozen: frozen.optional(),
  tuning: tuning.optional(),
  fastPath: z.looseObject({ open: z.boolean(), connections: count, services: count.optional() }).optional(),
});
