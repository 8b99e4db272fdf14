import type { ElectionEffect } from "@vipair/heartbeat";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import { type Checker, longestDelay, trueInterval } from "./checker.js";

/**
 * A node that is slow, stopped, hung or dead never makes two owners: only a network that parts the nodes does.
 *
 * So when the network has been clear for two active down intervals (2 × 4 intervals) and nobody was suspended in that
 * time, there is not one moment with two owners. One case is left out, because no protocol without a third party can
 * exclude it: two backups whose deadlines pass within one delay of each other, both before they could hear.
 */
export class NoNeedlessOverlap implements Checker {
  readonly name = "no needless overlap";
  #disturbedAt = 0;
  readonly #tookOverAt: [number, number] = [-1e9, -1e9];

  inspect(world: World): string | undefined {
    const [left, right] = world.hosts;
    const resuming = world.hosts.some((host) => host.suspended || host.agent?.hasRunSinceResume === false);
    if (!world.connected || resuming) this.#disturbedAt = world.now();
    if (!left.owns || !right.owns) return undefined;
    if (world.now() - this.#disturbedAt < 8 * trueInterval(world)) return undefined;
    const apart = Math.abs(this.#tookOverAt[0] - this.#tookOverAt[1]);
    return apart <= longestDelay(world) ? undefined : "two owners though the network was clear";
  }

  inspectEffect(world: World, host: Host, effect: ElectionEffect): undefined {
    if (effect.type === "reportRole" && effect.to === "active") this.#tookOverAt[host.index] = world.now();
  }
}
