import { isEligible } from "@vipair/heartbeat";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import { type Checker, longestDelay, trueInterval } from "./checker.js";

/**
 * Nobody owns the addresses for at most a bound, as long as one node could: it runs, is eligible, and is reached by its
 * peer and its witness, all of this without a break.
 *
 *   4 intervals          one active down interval, from whatever was heard last
 * + 4 intervals          one more, when both gave way to each other at first
 * + 2 intervals          a node that was stalled before looks first, and waits for news
 * + 3 delays             words on their way
 */
export class Vacancy implements Checker {
  readonly name = "vacancy";
  /** Since when, of the time in which nobody owns the addresses. */
  readonly #fitSince: [number | undefined, number | undefined] = [undefined, undefined];
  #clearSince: number | undefined;

  inspect(world: World): string | undefined {
    const { hosts } = world;
    const [left, right] = hosts;
    if (left.owns || right.owns) return this.#forget();
    const now = world.now();
    for (const host of hosts) {
      this.#fitSince[host.index] = isFit(host) ? (this.#fitSince[host.index] ?? now) : undefined;
    }
    this.#clearSince = world.connected ? (this.#clearSince ?? now) : undefined;
    const fit = Math.min(this.#fitSince[0] ?? Infinity, this.#fitSince[1] ?? Infinity);
    const lasted = now - Math.max(fit, this.#clearSince ?? Infinity);
    return lasted <= longestVacancy(world) ? undefined : `no owner for ${lasted.toFixed(1)} ms, though one could be`;
  }

  /** Somebody owns the addresses. */
  #forget(): undefined {
    this.#fitSince[0] = undefined;
    this.#fitSince[1] = undefined;
    this.#clearSince = undefined;
  }
}

function isFit(host: Host): boolean {
  const { agent, config } = host;
  if (agent === undefined || !host.isRunning() || !host.linkUp) return false;
  return isEligible(config, agent.state) && (!config.needsWitness || host.unwitnessed === 0);
}

const longestVacancy = (world: World): number => 10 * trueInterval(world) + 3 * longestDelay(world);
