import type { AddressSight } from "@vipair/kernel";
import {
  type ConvergenceReport,
  elapsed,
  type Instant,
  type IpAddress,
  millisOf,
  type PresenceReport,
} from "@vipair/model";
import type { Journal } from "../../event/journal.js";
import { atBeat } from "../../pace.js";
import { type Others, type OthersEffect, openOthers, othersSentence } from "./others.js";
import type { Place } from "./place.js";
import { convergenceSentence, openProof, type Proof } from "./proof.js";

/**
 * Whether this node, once it is active, is reachable at its addresses and alone there. It watches beside the takeover and
 * never in its way, and in the daemon's process: the end of the agent's, by which the peer learns of its death, must not
 * wait for sockets.
 *
 *     became active ──▶ proof: does traffic arrive?      ──▶ `converged`
 *     a second later ─▶ others: who else answers? ask    ──▶ `addressConflict`, and announce to defend
 */
export interface Presence {
  /** This node became active `at` this time, which included an announcement. */
  began(at: Instant): void;
  /** The agent announced the addresses. */
  announced(): void;
  /** Another active node yielded: neighbours may still send there. */
  prevailed(at: Instant): void;
  ended(): void;
  /** `undefined` unless this node is active. */
  report(): PresenceReport | undefined;
  close(): void;
}

export interface PresenceOptions {
  readonly places: readonly Place[];
  readonly openSight: (interfaceName: string, addresses: readonly IpAddress[]) => AddressSight;
  /** Has the agent announce the addresses, as long as it is active. */
  readonly announce: () => void;
  readonly journal: Pick<Journal, "record">;
  readonly refused: (error: string) => void;
  readonly clock: () => Instant;
}

/** While a proof is under way, which tells to a hundredth how long it took; afterwards at every beat. */
const quickLook = 5;
const precision = 1 / 100;
/** When neighbours are asked, and after a conflict the addresses are announced again: counted from its begin. */
const askAt = [0, 20, 50, 100, 200, 500, 1_000, 2_000, 3_000, 5_000].map(millisOf);
const repeatAt = [50, 200, 1_000, 2_000, 5_000].map(millisOf);
/** Who had the addresses before is silent by then, whoever it was. */
const othersAfter = millisOf(1_000);
const askOthersEvery = millisOf(10_000);
const askOthersMeanwhile = millisOf(1_000);
/** For so long answers of IPv6 are waited for. */
const answerTime = millisOf(500);

export function openPresence(options: PresenceOptions): Presence {
  const { journal, clock, announce } = options;
  let tenure: Tenure | undefined;
  let timer: NodeJS.Timeout | undefined;

  const begin = (at: Instant): void => {
    end();
    const sights = new Map<Place, AddressSight>();
    for (const place of options.places) {
      try {
        sights.set(place, options.openSight(place.interface, place.addresses));
      } catch (error) {
        options.refused(`what arrives on ${place.interface} can not be watched: ${(error as Error).message}`);
      }
    }
    tenure = {
      since: at,
      sights,
      attempt: undefined,
      convergence: undefined,
      others: openOthers(),
      askedOthersAt: undefined,
    };
    prove(tenure, { since: at, proof: openProof(options.places, at, 1), announces: false });
    look();
  };
  const end = (): void => {
    clearTimeout(timer);
    for (const sight of tenure?.sights.values() ?? []) sight.close();
    tenure = undefined;
  };
  const prove = (of: Tenure, attempt: Pick<Attempt, "proof" | "since" | "announces">): void => {
    of.attempt = { ...attempt, asked: 0, repeated: 0 };
    of.convergence = undefined;
    for (const [place, sight] of of.sights) sight.watchTraffic(place.gateway?.family !== 4);
  };

  const look = (): void => {
    if (tenure === undefined) return;
    const now = clock();
    for (const [place, sight] of tenure.sights) {
      for (const sighting of sight.read()) {
        tenure.attempt?.proof.seen(place, sighting, now);
        if (elapsed(tenure.since, now) >= othersAfter) perform(tenure.others.seen(place.interface, sighting, now));
      }
    }
    perform(tenure.others.look(now));
    if (tenure.attempt !== undefined) stepAttempt(tenure, tenure.attempt, now);
    askForOthers(tenure, now);
    if (tenure.attempt === undefined) return;
    timer = setTimeout(look, Math.max(quickLook, Math.floor(elapsed(tenure.attempt.since, now) * precision)));
  };
  const looking = atBeat(() => {
    if (tenure?.attempt === undefined) look();
  });

  const stepAttempt = (of: Tenure, attempt: Attempt, now: Instant): void => {
    const { proof } = attempt;
    const since = elapsed(attempt.since, now);
    for (const [place, sight] of of.sights) if (!proof.lacks(place)) sight.watchTraffic(false);
    const outcome = proof.outcome(now);
    if (outcome !== undefined) {
      of.attempt = undefined;
      for (const sight of of.sights.values()) sight.watchTraffic(false);
      const { took, rounds, unproven } = outcome;
      const detail = {
        proved: unproven.length === 0,
        rounds,
        ...(took !== undefined && { tookMs: Math.round(took) }),
      };
      of.convergence = { ...detail, message: convergenceSentence(outcome) };
      journal.record("converged", of.convergence.message, {
        ...detail,
        ...(unproven.length > 0 && { unproven: unproven.map((place) => place.interface).join(" ") }),
      });
      return;
    }
    if (since >= (askAt[attempt.asked] ?? Number.POSITIVE_INFINITY)) {
      attempt.asked += 1;
      for (const [place, sight] of of.sights) {
        if (!proof.lacks(place)) continue;
        for (const { as, neighbour } of place.inquiries) sight.inquire(as, neighbour);
      }
    }
    if (attempt.announces && since >= (repeatAt[attempt.repeated] ?? Number.POSITIVE_INFINITY)) {
      attempt.repeated += 1;
      announce();
    }
  };

  const askForOthers = (of: Tenure, now: Instant): void => {
    if (elapsed(of.since, now) < othersAfter) return;
    const pause = of.others.any ? askOthersMeanwhile : askOthersEvery;
    const asked = of.askedOthersAt;
    if (asked !== undefined && elapsed(asked, now) < pause) {
      if (elapsed(asked, now) >= answerTime) for (const sight of of.sights.values()) sight.rest();
      return;
    }
    of.askedOthersAt = now;
    for (const sight of of.sights.values()) sight.askForOthers();
  };

  const perform = (effects: readonly OthersEffect[]): void => {
    for (const effect of effects) {
      if (effect.type === "defend") {
        announce();
        continue;
      }
      const { address, interface: name, mac } = effect.other;
      const detail = { address: address.text, interface: name, mac, lastedMs: Math.round(effect.lasted) };
      journal.record("addressConflict", othersSentence(effect), { ...detail, over: effect.type === "tellOver" });
    }
  };

  return {
    began: begin,
    announced: () => tenure?.attempt?.proof.announced(),
    prevailed: (at) => {
      if (tenure === undefined) return;
      // The announcement that goes with it is told yet.
      prove(tenure, { since: at, proof: openProof(options.places, at, 0), announces: true });
      clearTimeout(timer);
      look();
    },
    ended: end,
    report: () => {
      if (tenure === undefined) return undefined;
      const { convergence } = tenure;
      const others = tenure.others.told();
      return {
        ...(convergence === undefined ? {} : { convergence }),
        others: others.map(({ address, interface: name, mac }) => ({ address: address.text, interface: name, mac })),
      };
    },
    close: () => {
      looking.close();
      end();
    },
  };
}

interface Tenure {
  readonly since: Instant;
  readonly sights: ReadonlyMap<Place, AddressSight>;
  attempt: Attempt | undefined;
  /** What came of the last attempt. */
  convergence: ConvergenceReport | undefined;
  readonly others: Others;
  askedOthersAt: Instant | undefined;
}

interface Attempt {
  readonly proof: Proof;
  readonly since: Instant;
  /** How many of {@link askAt} and {@link repeatAt} are done. */
  asked: number;
  repeated: number;
  readonly announces: boolean;
}
