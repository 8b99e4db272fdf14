import { stableHash } from "@vipair/model";
import type { EligibleServer } from "../ruleset/ruleset.js";

/**
 * Which server each slot of the source hash belongs to, as indexes, by weighted rendezvous hashing: each server bids
 * for each slot, and the highest bid gets it. A bid depends on the service, the slot, the server's name and weight
 * alone, so a server that is lost gives up its own slots and nobody else's, and both nodes come to the same result.
 *
 * Source: Schindelhauer and Schomaker, "Weighted Distributed Hash Tables", SPAA 2005 (the logarithmic method).
 */
export function sourceHashSlots(service: string, servers: readonly EligibleServer[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, slot) => {
    let highest = -1;
    let chosen = 0;
    for (const [i, server] of servers.entries()) {
      const bid = bidFor(`${service}/${slot}/${server.name}`, server.weight);
      if (bid > highest) [highest, chosen] = [bid, i];
    }
    return chosen;
  });
}

/** Enough slots that a few servers share them fairly. Counts configured servers, since a change moves every client. */
export const slotCount = (servers: number): number => (servers <= 32 ? 256 : 4_096);

function bidFor(text: string, weight: number): number {
  const uniform = (stableHash(text) + 0.5) / 2 ** 32;
  return -weight / Math.log(uniform);
}
