import type { Reach } from "@vipair/model";
import type { ElectionConfig } from "./config.js";
import type { Standing } from "./state.js";

/**
 * What a node reaches decides between two that may both be active. Each says it in its heartbeats, and the one that reaches
 * more serves. Three things decide, and each only where those before it leave the question open:
 *
 *   1. eligibility   maintenance, a failed decisive track, a refusing kernel: such a node is not active, whatever it reaches
 *   2. reach         carriers, then gateways, then the share of real servers that are up: the better placed node claims,
 *                    with `preempt: false`, too, because nobody chose what failed
 *   3. priority      less the weights of failed tracks, and only with `preempt: true`: the preferred one of two nodes that
 *                    reach the same
 *
 * So a track with a weight may fail on both sides of the scale: it counts as reach first. The claim goes the way of
 * preemption (see claim.ts): the active node hands over as planned, or it does not, but nobody becomes active beside it.
 *
 * Nothing moves for a difference that is only one of time: both nodes see a server die, but not at once. A difference must
 * have lasted for `reachDelay` and for as long as the slower of the two may take to see the same. And nothing moves to and
 * fro: who gave way to a better placed node claims nothing for `reachHoldoff`, by no reason.
 */
/** What this node reaches now. */
export function ownReach(config: ElectionConfig, { failedTracks, servers }: Standing): Reach {
  const lost = (kind: string): number => {
    let count = 0;
    for (const track of failedTracks) if (track.startsWith(kind) && config.tracks.has(track)) count += 1;
    return count;
  };
  return { carriersLost: lost("interface "), gatewaysLost: lost("gateway "), serversUp: servers.up };
}
