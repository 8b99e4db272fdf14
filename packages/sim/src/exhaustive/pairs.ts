import { type ElectionConfig, electionConfig, stepElection } from "@vipair/heartbeat";
import { millisOf, type Pair } from "@vipair/model";
import { addressOf } from "../world/config.js";
import type { Rules } from "./scene.js";

/** The pairs whose elections are explored: preferred and equal nodes, with and without preemption. */
export const exploredPairs: readonly { readonly name: string; readonly rules: Rules }[] = [
  { name: "equal priorities", rules: rulesOf([100, 100], false) },
  { name: "a preferred node", rules: rulesOf([200, 100], false) },
  { name: "a preferred node that preempts", rules: rulesOf([100, 200], true) },
];

function rulesOf(priorities: readonly [number, number], preempt: boolean): Rules {
  const pair: Pair = {
    name: "explored",
    secretFile: "/nonexistent",
    nodes: [
      { name: "lb1", address: addressOf("192.0.2.1"), priority: priorities[0] },
      { name: "lb2", address: addressOf("192.0.2.2"), priority: priorities[1] },
    ],
    heartbeat: {
      transport: "udp",
      routerId: 1,
      interval: millisOf(100),
      interfaces: [],
      unicast: true,
      checksum: "pseudoHeader",
    },
    preempt,
    preemptDelay: millisOf(0),
    reachDelay: millisOf(2_000),
    witness: [],
    sync: { port: 7340 },
    track: [],
  };
  return { configs: [quiet(electionConfig(pair, "lb1")), quiet(electionConfig(pair, "lb2"))], step: stepElection };
}

/** What is not explored does not make deadlines: a balancer that is always there, addresses that stay, no announcements. */
function quiet(config: ElectionConfig): ElectionConfig {
  const never = millisOf(1e9);
  return { ...config, balancerTimeout: never, addressRefresh: never, announceAt: [millisOf(0)], announceEvery: never };
}
