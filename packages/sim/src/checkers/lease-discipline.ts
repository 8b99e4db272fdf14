import type { ElectionEffect } from "@vipair/heartbeat";
import type { Instant } from "@vipair/model";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";

/**
 * A lease is renewed only by an active node, and never after it lapsed: by CLOCK_BOOTTIME, which a suspend does not
 * stop. Whoever let it lapse must become backup and take over again.
 */
export class LeaseDiscipline implements Checker {
  readonly name = "lease discipline";
  readonly #untils: [Instant | undefined, Instant | undefined] = [undefined, undefined];

  inspect(_world: World): undefined {
    return undefined;
  }

  inspectEffect(_world: World, host: Host, effect: ElectionEffect): string | undefined {
    if (effect.type === "dropLease") this.#untils[host.index] = undefined;
    if (effect.type === "reportRole" && effect.from === "initialize") this.#untils[host.index] = undefined;
    if (effect.type !== "renewLease") return undefined;
    const until = this.#untils[host.index];
    const now = host.bootTime();
    if (host.agent?.state.role !== "active")
      return `lb${host.index + 1} renewed its lease as ${host.agent?.state.role}`;
    if (until !== undefined && now > until) return `lb${host.index + 1} renewed a lease that had lapsed`;
    this.#untils[host.index] = (now + effect.ttl) as Instant;
    return undefined;
  }
}
