import type { ElectionEffect } from "@vipair/heartbeat";
import type { Host } from "../node/host.js";
import type { ReplicationNews } from "../node/replication.js";
import type { World } from "../world/world.js";

/** Watches one promise. Each answers with a sentence when it finds the promise broken. */
export interface Checker {
  readonly name: string;
  /** After everything that happens in the world. */
  inspect(world: World): string | undefined;
  /** After an effect was performed. */
  inspectEffect?(world: World, host: Host, effect: ElectionEffect): string | undefined;
  /** When something happens to the replication of a host. */
  inspectNews?(world: World, host: Host, news: ReplicationNews): string | undefined;
}

/** Heartbeat interval, the same on both nodes, in milliseconds of true time of the slower clock (0.1 % slow). */
export const trueInterval = (world: World): number => world.hosts[0].config.interval * 1.001;

/** The longest way of a packet on a path that is clear: a scatter of a tenth of the delay belongs to it. */
export const longestDelay = (world: World): number => 1.1 * Math.max(world.client.delayMs, world.sync.delayMs);
