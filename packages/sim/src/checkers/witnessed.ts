import type { ElectionEffect } from "@vipair/heartbeat";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import { type Checker, trueInterval } from "./checker.js";

/**
 * Where there is a witness, a node that hears its peer on no path becomes active only when the witness could answer it since
 * the silence began: within one active down interval, and the time an answer is under way.
 */
export class Witnessed implements Checker {
  readonly name = "witnessed";
  readonly #answeredAt: [number, number] = [-1e9, -1e9];

  inspect(world: World): undefined {
    for (const host of world.hosts) if (isAnswered(host)) this.#answeredAt[host.index] = world.now();
  }

  inspectEffect(world: World, host: Host, effect: ElectionEffect): string | undefined {
    if (effect.type !== "reportRole" || effect.to !== "active" || effect.reason !== "silence") return undefined;
    if (!host.config.needsWitness || isAnswered(host)) return undefined;
    const peer = host.agent?.state.peer;
    const longest = 4 * trueInterval(world) + 5;
    if (peer !== undefined && !peer.gone && host.bootTime() - peer.heardAt <= 1.5 * host.config.interval)
      return undefined;
    const lasted = world.now() - this.#answeredAt[host.index];
    return lasted <= longest
      ? undefined
      : `lb${host.index + 1} took over, and no witness had answered for ${lasted} ms`;
  }
}

const isAnswered = (host: Host): boolean => host.linkUp && host.unwitnessed === 0;
