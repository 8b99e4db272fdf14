import { nextDeadline } from "@vipair/heartbeat";
import type { Rules, Scene } from "./scene.js";

/**
 * What must hold in every scene; answers with a sentence when it does not.
 *
 * - Two nodes own the addresses only after three heartbeats of one of them, one after the other, did not arrive in time; or
 *   when the second took over within one message of the first; or within the repeat of the first one's first heartbeat and
 *   its way, and that first heartbeat did not arrive in time; or neither of the two did.
 * - They cease to be two one interval and three messages after the last fault: the next heartbeat, and its answer.
 * - Nobody owns them for at most two active down intervals of four intervals, and two intervals to look twice, after the
 *   last fault, the start and every restart counted as one.
 * - Nobody owns them without being active, and no machine waits for the past.
 */
export function brokenPromise({ configs }: Rules, scene: Scene): string | undefined {
  const { now, nodes, faultAt, doubleSince, isDoubleExcused, vacantSince } = scene;
  const { interval } = configs[0];
  const since = (start: number | undefined): number => (start === undefined ? 0 : now - Math.max(start, faultAt));
  if (doubleSince !== undefined && !isDoubleExcused) return "two owners, though each could have known of the other";
  if (since(doubleSince) > 1.5 * interval) return `two owners for ${since(doubleSince)} ms after the last fault`;
  if (since(vacantSince) > 10 * interval) return `no owner for ${since(vacantSince)} ms after the last fault`;
  for (const [index, { state, leaseUntil }] of nodes.entries()) {
    if (state?.role !== "active" && leaseUntil > now) return `lb${index + 1} owns the addresses as ${state?.role}`;
    const deadline = state === undefined ? undefined : nextDeadline(state);
    if (deadline !== undefined && deadline < now) return `lb${index + 1} waits for the past`;
  }
  return undefined;
}
