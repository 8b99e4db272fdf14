import { after, type Instant } from "@vipair/model";
import { isEligible } from "../node/eligibility.js";
import { placing, settleClaim } from "./claim.js";
import type { ElectionConfig } from "./config.js";
import type { BackupState } from "./state.js";
import { activeDownInterval } from "./timing.js";

/**
 * Brings what follows from the rest of a backup's state up to date: a node that is not eligible waits for nothing, one
 * that became eligible waits a whole active down interval, and one that is better than the active node claims.
 */
export function settle(config: ElectionConfig, state: BackupState, now: Instant): BackupState {
  const eligible = isEligible(config, state);
  const activeDownAt = eligible ? (state.activeDownAt ?? after(now, activeDownInterval(config, state))) : undefined;
  const vacancy = eligible ? state.vacancy : undefined;
  const claim = settleClaim(config, state, now);
  // What people moved to a node that reached less stays there, until the two once were equal.
  const conceded = state.conceded && state.yielded && placing(config, state)?.better === true;
  return { ...state, activeDownAt, vacancy, claim, conceded };
}
