import type { Source } from "@vipair/sync";
import type { Host } from "../node/host.js";
import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";

/**
 * Memory follows the number of connections, whatever the link does: of the source, changes that are under way are no more
 * than the connections and the tombstones, tombstones no more than their limit, and bytes as many as for twice
 * the most connections and tombstones that there ever were. What waits for the link is the backlog at which the pump stops, and
 * one frame.
 */
export class BoundedMemory implements Checker {
  readonly name = "bounded memory";
  readonly #most: [number, number] = [0, 0];
  #changes = -1;

  inspect(world: World): string | undefined {
    if (world.changes === this.#changes) return undefined;
    this.#changes = world.changes;
    for (const host of world.hosts) {
      const what = this.#exceeds(world, host);
      if (what !== undefined) return `lb${host.index + 1}: ${what}`;
    }
    return undefined;
  }

  #exceeds(world: World, host: Host): string | undefined {
    const { source, replica } = host.replication ?? {};
    const { mostTombstones, mostBacklog } = host.traits;
    if (world.peerLink.backlog(host.index) > mostBacklog + longestFrame + beside) return "the backlog of the link";
    const held = source === undefined ? (replica?.size ?? 0) : source.live + source.tombstones;
    const most = Math.max(this.#most[host.index], held);
    this.#most[host.index] = most;
    if (((source ?? replica)?.bytes ?? 0) > bytesFor(2 * most)) return `more bytes than for twice ${most} connections`;
    return source === undefined ? undefined : exceeds(source, mostTombstones);
  }
}

const longestFrame = 65_536;
/** What hand-overs and answers put on the link without asking for the backlog. */
const beside = 150_000;

function exceeds({ live, tombstones, dirty, unacked }: Source, mostTombstones: number): string | undefined {
  if (tombstones > mostTombstones) return `${tombstones} tombstones`;
  return dirty + unacked > live + tombstones ? `${dirty + unacked} changes of ${live + tombstones}` : undefined;
}

/** Tables start with room for 256 and double. */
function bytesFor(records: number): number {
  const slots = 256 * 2 ** Math.max(0, Math.ceil(Math.log2(records / 256)));
  return slots * bytesPerSlot;
}

/** Columns, index, and a record of either length: both slabs may be as large. */
const bytesPerSlot = 37 + 9 + 8 + 64 + 112;
