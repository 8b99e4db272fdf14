import { beforeAll, describe, expect, it } from "vitest";
import { type RunResult, runSeed } from "./run.js";

const seeds = Array.from({ length: 1_000 }, (_, i) => i + 1);
let results: readonly RunResult[] = [];
/** A machine with other work needs longer. */
const timeout = 1_200_000;

describe("a pair that goes through faults", () => {
  beforeAll(() => {
    results = seeds.map((seed) => runSeed(seed));
  }, timeout);

  it("keeps every promise in a thousand stories", () => {
    const broken = results.flatMap(({ violations }, i) =>
      violations.map(({ atMs, checker, what }) => `seed ${seeds[i]} at ${atMs} ms, ${checker}: ${what}`),
    );
    expect(broken, "see the story: npm run sim -- --seed N --trace").toEqual([]);
  });

  it("meets every fault and every reason to take over and to give up", () => {
    const met = new Set(results.flatMap(({ faults, takeovers, losses }) => [faults, takeovers, losses].flatMap(keys)));
    expect([...met]).toEqual(
      expect.arrayContaining([
        ...["crash", "stop", "stall", "suspend", "partition", "loss", "jitter", "duplication", "replay", "refusal"],
        ...[
          "carrierLoss",
          "gatewayLoss",
          "serverLoss",
          "serverDeath",
          "witnessLoss",
          "addressLoss",
          "balancerHang",
          "balancerDeath",
          "handover",
          "maintenance",
        ],
        ...[
          "powerCut",
          "agentDeath",
          "linkReset",
          "congestion",
          "overrun",
          "refusedInserts",
          "fullTable",
          "flowLoss",
          "rush",
        ],
        ...["silence", "resignation", "peerDied", "handover", "betterPlaced"],
        ...["yielded", "leaseLapsed", "interfaceDown", "kernelRefused", "balancerLost", "shutdown"],
      ]),
    );
  });

  it("tells the same story for the same seed", () => {
    expect(runSeed(7, { trace: true }).trace).toEqual(runSeed(7, { trace: true }).trace);
    expect(runSeed(7, { trace: true }).trace).not.toEqual(runSeed(8, { trace: true }).trace);
  });

  it("moves nothing for servers that die, which each node notices in its own time", () => {
    const faults = [6_000, 14_000, 22_000].map(
      (atMs) => ({ type: "serverDeath", up: 500, atMs, durationMs: 5_000 }) as const,
    );
    for (const seed of seeds.slice(0, 20)) {
      const { ok, takeovers } = runSeed(seed, { faults });
      expect(ok).toBe(true);
      expect(takeovers.get("betterPlaced")).toBeUndefined();
    }
  });

  it("starts one active node, and changes nothing without a fault", () => {
    for (const seed of seeds.slice(0, 20)) {
      const { ok, takeovers } = runSeed(seed, { faults: [] });
      expect(ok).toBe(true);
      expect([...takeovers.values()].reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(2);
    }
  });
});

const keys = (counts: ReadonlyMap<string, number>): readonly string[] => [...counts.keys()];
