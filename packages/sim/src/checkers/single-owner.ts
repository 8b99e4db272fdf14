import { answerEvery } from "@vipair/heartbeat";
import type { World } from "../world/world.js";
import { type Checker, longestDelay, trueInterval } from "./checker.js";

/**
 * Two nodes that hear each other are never both owners for longer than it takes to say so.
 *
 * They hear each other while one path loses and delays nothing in either direction and both processes run. From then on:
 *
 *   one interval                 until the next heartbeat of either
 * + one answer's rate limit      when it comes from a lifetime that has to prove itself first,
 * + three delays                 heartbeat there, answer back, proof there
 *
 * A host that was just resumed may answer until its process has run: the kernel's timers stood still, the lease with
 * them. This cannot be seen from inside, lasts a few milliseconds, and is not counted.
 */
export class SingleOwner implements Checker {
  readonly name = "single owner";
  #since: number | undefined;

  inspect(world: World): string | undefined {
    if (!this.#areBothOwners(world) || !canSettle(world)) {
      this.#since = undefined;
      return undefined;
    }
    this.#since ??= world.now();
    const lasted = world.now() - this.#since;
    if (lasted <= longestOverlap(world)) return undefined;
    return `two owners that hear each other for ${lasted.toFixed(1)} ms`;
  }

  #areBothOwners({ hosts: [left, right] }: World): boolean {
    return left.owns && right.owns;
  }
}

const longestOverlap = (world: World): number => trueInterval(world) + answerEvery + 3 * longestDelay(world);

const canSettle = (world: World): boolean => world.connected && world.hosts.every((host) => host.isRunning());
