import type { Source } from "@vipair/sync";
import { keyOf } from "../kernel/record.js";
import type { Host } from "../node/host.js";
import type { ReplicationNews } from "../node/replication.js";
import type { World } from "../world/world.js";
import type { Checker } from "./checker.js";

/**
 * At every moment the standby's kernel holds what the source takes for acknowledged: every connection that counts as
 * protected, in the state that was acked, and none that the source has forgotten as gone. The number is right, too.
 *
 * Not what somebody else did to the standby's kernel since: until the source has the answer to a digest that it sent after
 * the replica knew (see `kernel/interventions.ts`). And only where the last comparison found
 * both equal, no tombstones were dropped since and none are left, the standby can have nothing that the source does not have.
 */
export class Acknowledged implements Checker {
  readonly name = "acknowledged";
  readonly #knowledge = new WeakMap<Source, Knowledge>();
  #changes = -1;

  inspect(world: World): string | undefined {
    if (world.changes === this.#changes) return undefined;
    this.#changes = world.changes;
    for (const host of world.hosts) {
      const source = host.replication?.source;
      const standby = world.peerOf(host);
      if (source !== undefined) this.#noteOverflow(source, world.now());
      if (source === undefined || standby.replication?.source !== undefined) continue;
      for (const tuple of world.unequal) {
        const what = this.#differs(source, host, standby, tuple);
        if (what !== undefined) return `connection ${tuple} of lb${host.index + 1}: ${what}`;
      }
    }
    return undefined;
  }

  inspectNews(world: World, host: Host, news: ReplicationNews): string | undefined {
    const source = host.replication?.source;
    if (news.type === "linkOpened" && source !== undefined) return this.#miscounts(world, source);
    if (news.type !== "compared" || source === undefined) return undefined;
    const knowledge = this.#knowledgeOf(source);
    knowledge.isComplete = news.isEqual && news.digestSentAt >= knowledge.overflowAt;
    return this.#miscounts(world, source);
  }

  #miscounts(world: World, source: Source): string | undefined {
    let count = 0;
    for (let tuple = 0; tuple < world.clients.tuples; tuple++) {
      if (source.standing(keyOf(tuple), 0) === "protected") count++;
    }
    return count === source.protectedCount ? undefined : `${source.protectedCount} count as protected, ${count} are`;
  }

  #differs(source: Source, host: Host, standby: Host, tuple: number): string | undefined {
    if (standby.conntrack.interventions.has(tuple)) return undefined;
    const held = standby.conntrack.entries.get(tuple)?.state;
    const standing = source.standing(keyOf(tuple), 0);
    if (standing === undefined) {
      return held !== undefined && this.#hasToldAll(source)
        ? `the standby holds it in state ${held}, the source does not`
        : undefined;
    }
    if (standing !== "protected") return undefined;
    if (held === undefined) return "protected, and the standby does not hold it";
    // What the source was not told yet is newer than what it protects.
    const state = host.conntrack.entries.get(tuple)?.state;
    if (held === state || state === undefined || !host.conntrack.interventions.isKnown(tuple)) return undefined;
    return `protected in state ${state}, and the standby holds it in state ${held}`;
  }

  /** Nothing is on its way, and the last comparison found all of it to be there. */
  #hasToldAll(source: Source): boolean {
    return source.tombstones === 0 && source.compared && this.#knowledgeOf(source).isComplete;
  }

  #noteOverflow(source: Source, now: number): void {
    const knowledge = this.#knowledgeOf(source);
    if (knowledge.overflows === source.overflows) return;
    this.#knowledge.set(source, { isComplete: false, overflows: source.overflows, overflowAt: now });
  }

  #knowledgeOf(source: Source): Knowledge {
    const knowledge = this.#knowledge.get(source) ?? { isComplete: false, overflows: 0, overflowAt: 0 };
    this.#knowledge.set(source, knowledge);
    return knowledge;
  }
}

/** Whether the source knows of everything that the standby may have and it has not. */
interface Knowledge {
  isComplete: boolean;
  readonly overflows: number;
  readonly overflowAt: number;
}
