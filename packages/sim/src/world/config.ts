import { type ElectionConfig, electionConfig } from "@vipair/heartbeat";
import { millisOf, type Pair, parseAddress } from "@vipair/model";
import type { Traits } from "../node/replication.js";
import type { Random } from "../random.js";

/** The weight of the gateway's track in every simulated pair. */
export const gatewayWeight = 60;

/** How long after one node the other one may notice what becomes of a real server. */
export const serverLagMs = 600;

/** Draws the configuration that both nodes share, and returns what each election knows of it. */
export function drawConfigs(random: Random): readonly [ElectionConfig, ElectionConfig] {
  const pair = drawPair(random);
  return [electionConfig(pair, "lb1"), electionConfig(pair, "lb2")];
}

/** Often: what both nodes need to notice the same is waited for, and stories are short. */
const sampled = { interval: millisOf(100), rise: 2, fall: 3 };

/** Draws what both daemons have in common: small, so that few connections are many. */
export function drawTraits(random: Random): Traits {
  return {
    mostTombstones: random.pick([8, 30, 65_536]),
    mostBacklog: random.pick([1_000, 20_000, 1 << 20]),
    eventRoom: random.pick([10, 50, 10_000]),
    dumpMs: random.pick([2, 30, 300]),
  };
}

function drawPair(random: Random): Pair {
  return {
    name: "simulated",
    secretFile: "/nonexistent",
    nodes: [
      { name: "lb1", address: addressOf("192.0.2.1"), priority: random.pick([200, 150, 100]) },
      { name: "lb2", address: addressOf("192.0.2.2"), priority: 100 },
    ],
    heartbeat: {
      transport: "udp",
      routerId: 1,
      interval: millisOf(random.pick([50, 100, 200, 500, 1_000])),
      interfaces: ["client"],
      unicast: false,
      checksum: "pseudoHeader",
    },
    preempt: random.chance(0.5),
    preemptDelay: millisOf(random.pick([0, 500, 2_000])),
    reachDelay: millisOf(random.pick([200, 300])),
    witness: random.chance(0.3) ? [{ address: addressOf("198.51.100.1"), interface: "client" }] : [],
    sync: { port: 7340 },
    track: [
      { kind: "interface", interface: "client", weight: undefined },
      { kind: "gateway", gateway: addressOf("198.51.100.1"), interface: "client", ...sampled, weight: gatewayWeight },
    ],
  };
}

/** The address that this text means, which is certain to be one. */
export function addressOf(text: string) {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`not an address: ${text}`);
  return parsed;
}
