import { fullReach, millisOf } from "@vipair/model";
import { expect, it } from "vitest";
import { claimObstacles } from "./claim.js";
import { Rehearsal } from "./rehearsal.js";

const obstaclesOf = (node: Rehearsal): readonly string[] => claimObstacles(node.config, node.state, node.now);
const worse = { role: "active", priority: 50 } as const;

it("finds none for a ready node that hears a worse active one", () => {
  expect(obstaclesOf(Rehearsal.backup({ preempt: true }).hear(worse))).toEqual([]);
});

it("finds none without preemption either, where the node reaches more", () => {
  const node = Rehearsal.backup().hear({ role: "active", reach: { ...fullReach, serversUp: 500 } });
  expect(obstaclesOf(node)).toEqual([]);
});

it.each([
  ["preemption is off", Rehearsal.backup().hear(worse)],
  [
    "the node is not ready",
    Rehearsal.backup({ preempt: true }).hear(worse).step({ type: "readinessChanged", ready: false }),
  ],
  [
    "the node may not become active",
    Rehearsal.backup({ preempt: true }).hear(worse).step({ type: "maintenanceChanged", on: true }),
  ],
  ["the active node does not hear it", Rehearsal.backup({ preempt: true }).hear({ ...worse, hearing: false })],
  ["no active node is heard", Rehearsal.backup({ preempt: true })],
  ["its priority 100 is not above 210", Rehearsal.backup({ preempt: true }).hear({ ...worse, priority: 210 })],
  [
    "it reaches less than the active node: 50 % of the servers up",
    Rehearsal.backup({ preempt: true })
      .hear({ ...worse, reach: fullReach })
      .step({ type: "serversCounted", servers: { up: 500, lag: millisOf(0) } }),
  ],
  [
    "it gave way to a better placed node a moment ago",
    Rehearsal.active({ preempt: true })
      .step({ type: "serversCounted", servers: { up: 500, lag: millisOf(0) } })
      .hear({ claiming: true, reach: fullReach })
      .step({ type: "handoverPrepared", force: false })
      .step({ type: "serversCounted", servers: { up: 1_000, lag: millisOf(0) } })
      .step({ type: "readinessChanged", ready: true })
      .hear({ ...worse, reach: fullReach }),
  ],
  [
    "it handed over on request",
    Rehearsal.active({ preempt: true })
      .step({ type: "handoverPrepared", force: false })
      .step({ type: "readinessChanged", ready: true })
      .hear(worse),
  ],
])("says: %s", (sentence, node) => expect(obstaclesOf(node)).toEqual([sentence]));
