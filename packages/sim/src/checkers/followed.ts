import type { World } from "../world/world.js";
import { type Checker, longestDelay, trueInterval } from "./checker.js";

/**
 * Where one node alone owns the addresses, the clients send to it, soon.
 *
 *   one interval + 3 delays       after a conflict, until the winner has heard that the other one gave way
 * + 1 000 ms                      the last announcement that may be needed: neighbours that send to the former owner as
 *                                 long as it takes stray frames believe it once more in that time
 * + 900 ms                        the slowest of them
 */
export class Followed implements Checker {
  readonly name = "followed";
  #since: number | undefined;

  inspect(world: World): string | undefined {
    const { hosts, clients } = world;
    const [left, right] = hosts;
    const other = clients.gateway === left ? right : left;
    // The cheap question first: nearly always it is the one that matters.
    const isAstray = other.owns && !world.peerOf(other).owns;
    if (!isAstray || !world.connected || !left.isRunning() || !right.isRunning()) {
      this.#since = undefined;
      return undefined;
    }
    this.#since ??= world.now();
    const lasted = world.now() - this.#since;
    if (lasted <= longestError(world)) return undefined;
    return `clients send to the node that is not active for ${lasted.toFixed(1)} ms`;
  }
}

const longestError = (world: World): number => trueInterval(world) + 3 * longestDelay(world) + 1_900;
