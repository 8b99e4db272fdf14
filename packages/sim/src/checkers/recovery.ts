import type { ElectionEffect } from "@vipair/heartbeat";
import { preparationMs } from "../node/balancer.js";
import type { Host } from "../node/host.js";
import { serverLagMs } from "../world/config.js";
import type { World } from "../world/world.js";
import { type Checker, trueInterval } from "./checker.js";

/**
 * When all faults are over, exactly one node owns the addresses within a bound, and nothing moves any more.
 *
 *   refusal holdoff               a node whose kernel refused at the last moment stays out that long
 * + 200 ms + 1 000 ms             a process that was started at the last moment has rules and health,
 * + 6 000 ms + 600 ms             the peer link after it has noticed that it was half open and was dialled again,
 * + 2 000 ms                      and all connections: a dump, at most one start over, a comparison and a repair
 * + 2 × 4 intervals               one active down interval to take over, one more when both gave way at first
 * + reach holdoff, delay and lags   a node that gave way to a better placed one waits, and then claims what it is better in
 * + preemption delay + 4 intervals  a better node claims, the other one hears it
 * + claim patience + preparation  and hands over
 * + 2 × 4 intervals               both of these could be stale for one active down interval, each
 */
export class Recovery implements Checker {
  readonly name = "recovery";
  readonly #healedAt: number;

  constructor(healedAt: number) {
    this.#healedAt = healedAt;
  }

  inspect(world: World): string | undefined {
    if (!this.#isOver(world)) return undefined;
    const owners = world.hosts.filter((host) => host.owns).length;
    return owners === 1 ? undefined : `${owners} owners after everything had healed`;
  }

  inspectEffect(world: World, host: Host, effect: ElectionEffect): string | undefined {
    if (effect.type !== "reportRole" || !this.#isOver(world)) return undefined;
    return `lb${host.index + 1} became ${effect.to} (${effect.reason}) without a cause`;
  }

  #isOver(world: World): boolean {
    return world.now() > this.#healedAt + settlingTime(world);
  }
}

/** Milliseconds from the end of the last fault until nothing moves any more. */
export function settlingTime(world: World): number {
  const { refusalHoldoff, preemptDelay, claimPatience } = world.hosts[0].config;
  const { reachHoldoff, reachDelay, gatewayLag } = world.hosts[0].config;
  const placing = reachHoldoff + reachDelay + gatewayLag + serverLagMs;
  const waiting = placing + refusalHoldoff + 1_200 + 8_600 + preemptDelay + claimPatience + preparationMs;
  return waiting + 20 * trueInterval(world);
}
