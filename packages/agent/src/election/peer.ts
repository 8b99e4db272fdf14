import type { Heartbeat } from "@vipair/heartbeat";
import { compareReach, elapsed, type Instant, millisOf, type Pair } from "@vipair/model";
import type { PeerView } from "../message.js";

/** The newest heartbeat of the peer. */
export interface Heard {
  readonly heartbeat: Heartbeat;
  readonly sameConfig: boolean;
  readonly at: Instant;
}

/** How the peer stands, as its newest heartbeat says; not reachable when that is older than four intervals. */
export function viewPeer({ heartbeat, sameConfig, at }: Heard, older: boolean, pair: Pair, now: Instant): PeerView {
  const { role, ready, eligible, maintenance, priority, hearing, interval, reach } = heartbeat;
  const downAfter = millisOf(4 * Math.max(interval, pair.heartbeat.interval));
  const reachable = elapsed(at, now) <= downAfter;
  const said = { role, ready, eligible, maintenance, priority, hearing, reach };
  return { heardAt: at, reachable, sameConfig, older, ...said };
}

/** Whether a heartbeat says something of its sender that a report shows and the former one did not say. */
export function isNews(former: Heard | undefined, latest: Heard): boolean {
  if (former === undefined || former.sameConfig !== latest.sameConfig) return true;
  const keys = ["role", "ready", "eligible", "maintenance", "priority", "hearing"] as const;
  return (
    keys.some((key) => former.heartbeat[key] !== latest.heartbeat[key]) ||
    compareReach(former.heartbeat.reach, latest.heartbeat.reach) !== undefined
  );
}
