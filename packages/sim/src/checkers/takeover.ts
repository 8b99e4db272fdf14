import type { ElectionEffect, NodeIndex } from "@vipair/heartbeat";
import type { Entry } from "../kernel/conntrack.js";
import { keyOf } from "../kernel/record.js";
import type { Host } from "../node/host.js";
import type { ReplicationNews } from "../node/replication.js";
import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";

/**
 * Connections that were protected when their owner lost ownership live on in the new owner's kernel; after a planned
 * hand-over, all that the owner had when it asked the standby to confirm.
 *
 * Not what somebody else did to that kernel meanwhile (see `kernel/interventions.ts`).
 */
export class Takeover implements Checker {
  readonly name = "takeover";
  /** What a source protected at its end, while the peer has not taken over since. */
  readonly #promises: [readonly number[] | undefined, readonly number[] | undefined] = [undefined, undefined];
  /** What was in the owner's kernel when it asked for confirmation, and when it asked for one that it got. */
  readonly #asked: [readonly Entry[], readonly Entry[]] = [[], []];
  readonly #flushes: [readonly Entry[], readonly Entry[]] = [[], []];

  inspect(_world: World): undefined {
    return undefined;
  }

  inspectNews(world: World, host: Host, news: ReplicationNews): undefined {
    const { index } = host;
    if (news.type === "becameSource") this.#promises[index] = undefined;
    if (news.type === "flushBegan") this.#asked[index] = [...host.conntrack.entries.values()];
    if (news.type === "flushed") this.#flushes[index] = this.#asked[index];
    if (news.type === "sourceEnds") this.#promises[index] = promisedBy(world, host);
  }

  inspectEffect(world: World, host: Host, effect: ElectionEffect): string | undefined {
    if (effect.type !== "reportRole" || effect.to !== "active") return undefined;
    return this.#takeOver(world, host, effect.reason === "handover");
  }

  #takeOver(world: World, host: Host, planned: boolean): string | undefined {
    const former = world.peerOf(host).index;
    const promised = promisedBy(world, world.peerOf(host)) ?? this.#promises[former] ?? [];
    const flushed = planned ? this.#flushes[former].filter(isStillHeldBy(world, former)).map(({ tuple }) => tuple) : [];
    this.#promises[former] = undefined;
    this.#flushes[former] = [];
    const lost = findLost(world, host, [...promised, ...flushed]);
    if (lost === undefined) return undefined;
    return `connection ${lost} was ${promised.includes(lost) ? "protected" : "confirmed"} and did not survive`;
  }
}

function findLost(world: World, { conntrack }: Host, tuples: readonly number[]): number | undefined {
  const isLost = (tuple: number): boolean => world.clients.open.has(tuple) && !conntrack.entries.has(tuple);
  return tuples.find((tuple) => isLost(tuple) && !conntrack.interventions.has(tuple));
}

const isStillHeldBy =
  (world: World, index: NodeIndex) =>
  ({ tuple, id }: Entry): boolean =>
    world.hosts[index].conntrack.entries.get(tuple)?.id === id;

/** What the source of this host protects now; `undefined` when it has none. */
function promisedBy(world: World, host: Host): readonly number[] | undefined {
  const source = host.replication?.source;
  if (source === undefined) return undefined;
  const { interventions } = world.peerOf(host).conntrack;
  return [...world.clients.open].filter(
    (tuple) => source.standing(keyOf(tuple), 0) === "protected" && !interventions.has(tuple),
  );
}
