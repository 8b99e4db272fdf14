import { compareAddresses, elapsed, type Instant } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { effectivePriority } from "../../node/eligibility.js";
import { downInterval } from "../../node/timing.js";
import type { AdvertReceived } from "./event.js";
import type { RouterStanding } from "./state.js";

/**
 * RFC 9568 § 6.4.3: whether the sender prevails over this active router: by the greater priority, then by the greater
 * primary address, compared as unsigned integers.
 */
export function prevails(config: NodeConfig, state: RouterStanding, advert: AdvertReceived, now: Instant): boolean {
  const priority = effectivePriority(config, state);
  if (advert.priority !== priority) return advert.priority > priority;
  if (advert.local === undefined || !decides(state, advert, now)) return false;
  return compareAddresses(advert.sender, advert.local) > 0;
}

/**
 * Addresses may compare differently on different links, and two nodes that each lost on one would both give way. So the
 * first link on which the other router is heard decides.
 */
function decides({ heardAt }: RouterStanding, { link, priority, interval }: AdvertReceived, now: Instant): boolean {
  const silent = (at: Instant | undefined): boolean =>
    at === undefined || elapsed(at, now) > downInterval(priority, interval);
  return heardAt.slice(0, link).every(silent);
}
