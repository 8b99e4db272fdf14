import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";
import { settlingTime } from "./recovery.js";

/**
 * When all faults are over and the roles have settled, both kernels hold the same connections within a bound, and the
 * standby is in step and ready. No connection that clients ended lives on, unless the active node never saw its end:
 * it took over with it, or another node was active too, or had it alone; or it ended right after a hand-over, while the
 * former owner still carried over what stray frames brought about.
 *
 *   1 500 ms      the second dump of a node that became active finds what was inserted beside the stream,
 * + 1 000 ms      or the pause after events were lost,
 * + 300 ms        and takes its time;
 * + 10 000 ms     a comparison finds what only the standby's kernel knows,
 * + 1 000 ms      and is repaired
 */
export class InStep implements Checker {
  readonly name = "in step";
  readonly #healedAt: number;
  #changes = -1;

  constructor(healedAt: number) {
    this.#healedAt = healedAt;
  }

  inspect(world: World): string | undefined {
    if (world.now() <= this.#healedAt + stepTime(world) || world.changes === this.#changes) return undefined;
    this.#changes = world.changes;
    const active = world.hosts.find((host) => host.owns);
    if (active === undefined) return undefined;
    const standby = world.peerOf(active);
    const [unequal] = world.unequal;
    if (unequal !== undefined) return `the kernels differ in ${world.unequal.size} connections, such as ${unequal}`;
    const missing = standby.replication === undefined ? "its daemon is dead" : standby.replication.missing;
    if (missing !== undefined) return `the standby is not in step: ${missing}`;
    if (standby.agent?.state.ready !== true) return "the standby is not ready";
    const { source } = active.replication ?? {};
    if (source === undefined) return "the active node is no source";
    const held = active.conntrack.entries.size;
    if (source.live !== held) return `the source has ${source.live} connections, its kernel ${held}`;
    if (source.protectedCount !== held) return `${source.protectedCount} of ${held} connections are protected`;
    return undead(world, active.conntrack.entries.keys());
  }
}

/** Milliseconds from the end of the last fault until both kernels are equal. */
export const stepTime = (world: World): number => settlingTime(world) + 13_800;

function undead({ clients }: World, held: Iterable<number>): string | undefined {
  for (const tuple of held) {
    const isOver = !clients.open.has(tuple) && !clients.orphans.has(tuple);
    if (isOver) return `connection ${tuple} lives on though the active node saw its end`;
  }
  return undefined;
}
