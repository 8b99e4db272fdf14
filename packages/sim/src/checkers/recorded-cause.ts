import type { ElectionEffect } from "@vipair/heartbeat";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";

/**
 * No change of owner without a cause that is recorded, and that was there: a node gets ownership or loses it only with a
 * report that says why, and what that report claims of the nodes is true of what they knew then.
 *
 * - `betterPlaced`: the node that takes over reached more, for the whole delay, in the words of both nodes;
 * - `silence`: nothing was heard of an active peer for three of its intervals;
 * - `interfaceDown`, `trackFailed`: a decisive track had failed.
 */
export class RecordedCause implements Checker {
  readonly name = "recorded cause";
  readonly #roles: [string, string] = ["initialize", "initialize"];
  /** What was reported since the last look, in its order. */
  #reported: [string, string] = ["initialize", "initialize"];

  inspect(world: World): string | undefined {
    for (const { index, agent } of world.hosts) {
      const role = agent?.state.role ?? "initialize";
      const before = this.#roles[index];
      this.#roles[index] = role;
      // A process that ended took its role with it.
      if (agent === undefined) this.#reported[index] = "initialize";
      else if (role !== before && this.#reported[index] !== role) return `lb${index + 1} became ${role} in silence`;
    }
    return undefined;
  }

  inspectEffect(_world: World, host: Host, effect: ElectionEffect): string | undefined {
    if (effect.type !== "reportRole") return undefined;
    const said = this.#reported[host.index];
    this.#reported[host.index] = effect.to;
    const name = `lb${host.index + 1}`;
    if (effect.from !== said) return `${name} says that it was ${effect.from}, and was ${said}`;
    return isTrue(effect) ? undefined : `${name}: ${effect.from} → ${effect.to} by ${effect.reason} without its cause`;
  }
}

function isTrue(effect: ElectionEffect & { readonly type: "reportRole" }): boolean {
  if (effect.reason !== "betterPlaced") return true;
  const { reach, peerReach, to } = effect;
  if (reach === undefined || peerReach === undefined) return false;
  const [winner, loser] = to === "active" ? [reach, peerReach] : [peerReach, reach];
  const left = [winner.carriersLost, winner.gatewaysLost, -winner.serversUp];
  const right = [loser.carriersLost, loser.gatewaysLost, -loser.serversUp];
  const at = left.findIndex((value, level) => value !== right[level]);
  return at >= 0 && (left[at] ?? 0) < (right[at] ?? 0);
}
