import type { Instant, ReplicaReport, SourceReport } from "@vipair/model";
import type { Replica, Source } from "@vipair/sync";

/** What the machines do not count themselves, since the last change of role. */
export interface Counts {
  sent(frame: Uint8Array): void;
  received(frame: Uint8Array): void;
  overran(): void;
  reset(): void;
  readonly now: CountsNow;
}

type CountsNow = Pick<SourceReport, "framesSent" | "framesReceived" | "bytesSent" | "bytesReceived" | "overruns">;

const none: CountsNow = { framesSent: 0, framesReceived: 0, bytesSent: 0, bytesReceived: 0, overruns: 0 };

export function openCounts(): Counts {
  let now: { -readonly [Name in keyof CountsNow]: number } = { ...none };
  return {
    get now() {
      return now;
    },
    sent: ({ length }) => {
      now.framesSent++;
      now.bytesSent += length;
    },
    received: ({ length }) => {
      now.framesReceived++;
      now.bytesReceived += length;
    },
    overran: () => {
      now.overruns++;
    },
    reset: () => {
      now = { ...none };
    },
  };
}

export const reportSource = (source: Source, counts: Counts, now: Instant): SourceReport => ({
  role: "source",
  connections: source.live,
  protected: source.protectedCount,
  lagMs: Math.round(source.lag(now)),
  waiting: source.dirty,
  unacknowledged: source.unacked,
  tombstones: source.tombstones,
  lost: source.lost,
  comparisons: source.comparisons,
  ...(source.comparedAt !== undefined && {
    comparedAt: new Date(Date.now() - (now - source.comparedAt)).toISOString(),
  }),
  refusedFrames: source.refusedFrames,
  bytes: source.bytes,
  ...counts.now,
});

/** @param driftAt when drift was found last: ISO 8601 */
export const reportReplica = (replica: Replica, counts: Counts, driftAt: string | undefined): ReplicaReport => ({
  role: "replica",
  connections: replica.size,
  protected: replica.inStep ? replica.size : 0,
  inStep: replica.inStep,
  caughtUp: replica.caughtUp,
  drift: replica.drift,
  ...(driftAt !== undefined && { driftAt }),
  lost: replica.lostFlows,
  refusedInserts: replica.refusedFlows,
  refusedFrames: replica.malformedFrames + replica.outdatedFrames,
  bytes: replica.bytes,
  ...counts.now,
});
