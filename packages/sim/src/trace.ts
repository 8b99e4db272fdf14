import type { ElectionEffect } from "@vipair/heartbeat";
import { formatDuration } from "@vipair/model";
import type { Fault, FaultKind, Way } from "./faults/fault.js";
import type { ReplicationNews } from "./node/replication.js";
import { pathNames, type World } from "./world/world.js";

/** The pair a story is about. */
export function describeWorld(world: World): string {
  const [left, right] = world.hosts;
  const { interval, preempt, preemptDelay } = left.config;
  const priorities = `priorities ${left.config.priority} and ${right.config.priority}`;
  const preemption = preempt ? `preempt after ${formatDuration(preemptDelay)}` : "no preemption";
  return `interval ${formatDuration(interval)}, ${priorities}, ${preemption}`;
}

export function describeFault(fault: Fault): string {
  return `--- ${describeKind(fault)}, for ${fault.durationMs.toFixed(0)} ms`;
}

/** What an effect means to somebody who reads the story; `undefined` for everyday ones. */
export function describeEffect(effect: ElectionEffect): string | undefined {
  switch (effect.type) {
    case "reportRole":
      return `${effect.from} → ${effect.to} (${effect.reason}), term ${effect.term}`;
    case "reportConflict":
      return `conflict: ${effect.yields ? "gives way" : "stays"}`;
    case "reportRestored":
      return `restores ${effect.address}`;
    case "reportRefused":
      return `is refused: ${effect.error}`;
    case "refuseHandover":
      return `refuses to hand over: ${effect.reason}`;
    case "reportUnwitnessed":
      return "is cut off: the peer is silent, and no witness answers";
    case "requestHandover":
      return "hears a claim and asks its balancer to prepare";
    case "exit":
      return "exits";
    case "sendHeartbeat":
      return effect.heartbeat.resigning ? "resigns" : undefined;
    case "askWitness":
    case "renewLease":
    case "dropLease":
    case "addAddresses":
    case "removeAddresses":
    case "announceAddresses":
      return undefined;
  }
}

/** What happens to the replication. */
export function describeNews(news: ReplicationNews): string | undefined {
  switch (news.type) {
    case "linkOpened":
      return "has the peer link";
    case "linkClosed":
      return "loses the peer link";
    case "inStep":
      return "is in step";
    case "overrun":
      return "learns that events were lost";
    case "becameSource":
      return `is the source, term ${news.term}`;
    case "becameReplica":
      return "is a replica";
    case "sourceEnds":
      return undefined;
    case "superseded":
      return `is superseded: term ${news.term}`;
    case "refused":
      return `is refused ${news.count} connections`;
    case "compared":
      return `has an answer to the digest of ${news.digestSentAt.toFixed(1)} ms`;
    case "flushBegan":
      return "has all connections confirmed";
    case "flushed":
      return "has them confirmed";
    case "flushFailed":
      return `has no confirmation: ${news.reason}`;
  }
}

function describeKind(fault: FaultKind): string {
  switch (fault.type) {
    case "crash":
    case "stop":
    case "stall":
    case "suspend":
    case "carrierLoss":
    case "gatewayLoss":
    case "witnessLoss":
    case "addressLoss":
    case "balancerHang":
    case "balancerDeath":
    case "maintenance":
    case "powerCut":
    case "agentDeath":
    case "overrun":
    case "fullTable":
      return `${fault.type} of lb${fault.node + 1}`;
    case "serverLoss":
      return `lb${fault.node + 1} reaches ${fault.up} of 1000 servers`;
    case "serverDeath":
      return `${fault.up} of 1000 servers are left`;
    case "refusal":
      return `lb${fault.node + 1} is refused its ${fault.call}`;
    case "partition":
      return `partition of ${describeWays(fault.ways)}`;
    case "loss":
      return `loss of ${percent(fault.probability)} on ${describeWays(fault.ways)}`;
    case "duplication":
      return `duplication of ${percent(fault.probability)} on ${describeWays(fault.ways)}`;
    case "jitter":
      return `jitter of ${fault.jitterMs} ms on ${describeWays(fault.ways)}`;
    case "replay":
      return `replay of ${fault.count} recorded packets`;
    case "linkReset":
      return "reset of the peer link";
    case "congestion":
      return `congestion: ${fault.bytesPerMs} bytes/ms`;
    case "refusedInserts":
      return `lb${fault.node + 1} is refused ${percent(fault.probability)} of its inserts`;
    case "flowLoss":
      return `loss of ${percent(fault.probability)} of lb${fault.node + 1}'s connections`;
    case "rush":
      return `rush of ${fault.clients} clients`;
    case "handover":
      return `hand-over${fault.force ? " by force" : ""}`;
  }
}

const percent = (probability: number): string => `${(100 * probability).toFixed(0)} %`;

const describeWays = (ways: readonly Way[]): string =>
  ways.map(({ from, path }) => `${pathNames[path]} from lb${from + 1}`).join(", ");
