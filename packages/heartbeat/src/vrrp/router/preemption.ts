import { elapsed, type Instant } from "@vipair/model";
import type { NodeConfig } from "../../node/config.js";
import { effectivePriority } from "../../node/eligibility.js";
import type { AdvertReceived } from "./event.js";
import type { BackupState } from "./state.js";

/**
 * Preempt_Mode. Departs from RFC 9568 § 6.1: it is True only while the node is ready to serve and has not handed over on
 * request, and takes effect when a lesser router has been active for the preemption delay.
 */
export function notePreemption(config: NodeConfig, state: BackupState, advert: AdvertReceived, now: Instant) {
  const lesser = advert.priority < effectivePriority(config, state);
  const preemptSince = lesser && wantsToPreempt(config, state) ? (state.preemptSince ?? now) : undefined;
  return { ...state, preemptSince };
}

/** Whether advertisements of a lesser router are discarded, so that Active_Down_Timer runs on. */
export function isPreempting(config: NodeConfig, state: BackupState, now: Instant): boolean {
  if (state.preemptSince === undefined || !wantsToPreempt(config, state)) return false;
  return elapsed(state.preemptSince, now) >= config.preemptDelay;
}

const wantsToPreempt = (config: NodeConfig, { ready, yielded }: BackupState): boolean =>
  config.preempt && ready && !yielded;
