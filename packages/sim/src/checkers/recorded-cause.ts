import type { ElectionEffect, NodeIndex } from "@vipair/heartbeat";
import type { Agent } from "../node/agent.js";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";

/**
 * No change of owner without a cause that is recorded, and that was there: a node gets ownership or loses it only with a
 * report that says why; and by `betterPlaced` only when the node that takes over reached more, in the words of both.
 */
export class RecordedCause implements Checker {
  readonly name = "recorded cause";
  /** The agents whose roles these are: one that died took its role with it. */
  readonly #agents: [Agent | undefined, Agent | undefined] = [undefined, undefined];
  readonly #reported: [string, string] = ["initialize", "initialize"];

  inspect(world: World): string | undefined {
    for (const { index, agent } of world.hosts) {
      this.#meet(index, agent);
      const role = agent?.state.role ?? "initialize";
      if (role !== this.#reported[index]) return `lb${index + 1} became ${role} in silence`;
    }
    return undefined;
  }

  inspectEffect(_world: World, host: Host, effect: ElectionEffect): string | undefined {
    if (effect.type !== "reportRole") return undefined;
    this.#meet(host.index, host.agent);
    const said = this.#reported[host.index];
    this.#reported[host.index] = effect.to;
    const name = `lb${host.index + 1}`;
    if (effect.from !== said) return `${name} says that it was ${effect.from}, and was ${said}`;
    return isTrue(effect) ? undefined : `${name}: ${effect.from} → ${effect.to} by ${effect.reason} without its cause`;
  }

  #meet(index: NodeIndex, agent: Agent | undefined): void {
    if (agent === this.#agents[index]) return;
    this.#agents[index] = agent;
    this.#reported[index] = "initialize";
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
