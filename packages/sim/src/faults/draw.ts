import type { NodeIndex } from "@vipair/heartbeat";
import type { Random } from "../random.js";
import type { Fault, FaultKind, PathIndex, Way } from "./fault.js";

const kinds = [
  "crash",
  "stop",
  "stall",
  "stall",
  "suspend",
  "partition",
  "partition",
  "loss",
  "jitter",
  "duplication",
  "replay",
  "refusal",
  "carrierLoss",
  "gatewayLoss",
  "serverLoss",
  "serverLoss",
  "serverDeath",
  "witnessLoss",
  "addressLoss",
  "balancerHang",
  "balancerDeath",
  "handover",
  "handover",
  "maintenance",
  "powerCut",
  "agentDeath",
  "linkReset",
  "linkReset",
  "congestion",
  "congestion",
  "overrun",
  "refusedInserts",
  "fullTable",
  "flowLoss",
  "rush",
  "rush",
] as const satisfies readonly [FaultKind["type"], ...FaultKind["type"][]];

/** Draws the faults of one story, all over before `healedAtMs`. Some stories are calm, some are a storm. */
export function drawFaults(random: Random, healedAtMs: number): readonly Fault[] {
  const count = 1 + random.below(random.pick([3, 8, 20]));
  const faults: Fault[] = [];
  for (let i = 0; i < count; i++) {
    const durationMs = random.between(1, random.pick([100, 1_000, 8_000]));
    const atMs = random.between(0, healedAtMs - durationMs);
    faults.push({ atMs, durationMs, ...drawKind(random) });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function drawKind(random: Random): FaultKind {
  const type = random.pick(kinds);
  const node = drawNode(random);
  switch (type) {
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
      return { type, node };
    case "serverLoss":
      return { type, node, up: random.pick([0, 500, 990]) };
    case "serverDeath":
      return { type, up: random.pick([0, 500, 990]) };
    case "refusal":
      return { type, node, call: random.pick(["lease", "addresses"]) };
    case "partition":
      return { type, ways: drawWays(random) };
    case "loss":
    case "duplication":
      return { type, ways: drawWays(random), probability: random.between(0.05, 0.9) };
    case "jitter":
      return { type, ways: drawWays(random), jitterMs: random.pick([10, 100, 1_000]) };
    case "replay":
      return { type, count: 1 + random.below(100) };
    case "handover":
      return { type, force: random.chance(0.3) };
    case "linkReset":
      return { type };
    case "congestion":
      return { type, bytesPerMs: random.pick([0.5, 5, 50]) };
    case "refusedInserts":
      return { type, node, probability: random.pick([0.1, 0.5, 1]) };
    case "flowLoss":
      return { type, node, probability: random.pick([0.1, 0.5, 1]) };
    case "rush":
      return { type, clients: random.pick([10, 50, 150]) };
  }
}

const drawNode = (random: Random): NodeIndex => (random.chance(0.5) ? 0 : 1);

/** One path, one network or all, one way or both. */
function drawWays(random: Random): readonly Way[] {
  const paths: readonly PathIndex[] = random.chance(0.5)
    ? [0, 1, 2, 3]
    : random.pick<readonly PathIndex[]>([[0], [1], [2], [3], [1, 2, 3]]);
  const froms: readonly NodeIndex[] = random.chance(0.5) ? [0, 1] : [drawNode(random)];
  return paths.flatMap((path) => froms.map((from) => ({ from, path })));
}
