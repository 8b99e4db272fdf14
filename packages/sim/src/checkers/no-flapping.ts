import type { ElectionEffect } from "@vipair/heartbeat";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import { type Checker, trueInterval } from "./checker.js";

/**
 * Ownership does not go to and fro for what the nodes reach: who gave way to a better placed node does not get it back by
 * a claim before the hold-off is over. What people ask for, and what fails at the peer, moves it at any time.
 */
export class NoFlapping implements Checker {
  readonly name = "no flapping";
  readonly #gaveWayAt: [number, number] = [-1e9, -1e9];
  /** Whether the active node heard a claim, and nobody has lost ownership since. */
  #isClaimed = false;

  inspect(_world: World): undefined {
    return undefined;
  }

  inspectEffect(world: World, host: Host, effect: ElectionEffect): string | undefined {
    if (effect.type === "requestHandover") this.#isClaimed = true;
    if (effect.type !== "reportRole") return undefined;
    if (effect.from === "active" && effect.reason !== "handover" && effect.reason !== "betterPlaced")
      this.#isClaimed = false;
    if (effect.reason === "betterPlaced" && effect.from === "active") this.#gaveWayAt[host.index] = world.now();
    if (effect.from === "initialize") this.#gaveWayAt[host.index] = -1e9;
    if (effect.to !== "active") return undefined;
    const wasClaimed = this.#isClaimed && (effect.reason === "betterPlaced" || effect.reason === "handover");
    this.#isClaimed = false;
    const after = world.now() - this.#gaveWayAt[host.index];
    if (!wasClaimed || after >= host.config.reachHoldoff - trueInterval(world)) return undefined;
    return `lb${host.index + 1} has ownership again ${after.toFixed(0)} ms after it gave way to a better placed node`;
  }
}
