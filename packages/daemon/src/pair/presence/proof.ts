import type { Sighting } from "@vipair/kernel";
import { elapsed, type Instant, type Millis, millisOf } from "@vipair/model";
import type { Place } from "./place.js";

/**
 * The proof that ownership has arrived where the neighbours send: on each interface, a frame to this host alone for one of
 * the virtual addresses. Where a gateway is tracked it has to be from that gateway, which is asked in the name of an
 * address; elsewhere from anybody. It ends with the schedule of announcements.
 */
export interface Proof {
  /** The addresses were announced once more. */
  announced(): void;
  seen(place: Place, sighting: Sighting, now: Instant): void;
  /** Whether traffic still has to arrive there. */
  lacks(place: Place): boolean;
  /** What came out, as soon as it is known. */
  outcome(now: Instant): Convergence | undefined;
}

export interface Convergence {
  /** Until traffic had arrived everywhere that it did; `undefined`: nowhere. */
  readonly took: Millis | undefined;
  readonly rounds: number;
  readonly proven: readonly Place[];
  readonly unproven: readonly Place[];
}

/** A second behind the last announcement that is made for a takeover. */
export const proofTime = millisOf(6_000);

/** @param rounds of announcements so far */
export function openProof(places: readonly Place[], since: Instant, rounds: number): Proof {
  const arrivals = new Map<Place, Instant>();
  let announcements = rounds;
  let roundsNeeded = 0;
  return {
    announced: () => {
      announcements += 1;
    },
    seen: (place, sighting, now) => {
      if (sighting.type !== "arrival" || arrivals.has(place) || !proves(place, sighting)) return;
      arrivals.set(place, now);
      roundsNeeded = announcements;
    },
    lacks: (place) => !arrivals.has(place),
    outcome: (now) => {
      const unproven = places.filter((place) => !arrivals.has(place));
      if (unproven.length > 0 && elapsed(since, now) < proofTime) return undefined;
      const proven = places.filter((place) => arrivals.has(place));
      const took = proven.length === 0 ? undefined : elapsed(since, Math.max(...arrivals.values()) as Instant);
      return { took, rounds: proven.length === 0 ? announcements : roundsNeeded, proven, unproven };
    },
  };
}

const proves = ({ gateway }: Place, { source }: Sighting & { type: "arrival" }): boolean =>
  gateway === undefined || gateway.text === source.text;

/** `converged in 12 ms, 1 round of announcements: traffic arrives on eth0, eth1` */
export function convergenceSentence({ took, rounds, proven, unproven }: Convergence): string {
  const names = (places: readonly Place[]): string => places.map((place) => place.interface).join(", ");
  const announced = `${rounds} ${rounds === 1 ? "round" : "rounds"} of announcements`;
  const missing = unproven.map(({ interface: name, gateway }) =>
    gateway === undefined ? `no traffic seen on ${name}` : `no answer of ${gateway.text} on ${name}`,
  );
  const lack = `${missing.join(", ")} within ${proofTime / 1_000} s`;
  if (took === undefined) return `not proved: ${lack}, ${announced}`;
  const arrived = `converged in ${Math.round(took)} ms, ${announced}: traffic arrives on ${names(proven)}`;
  return unproven.length === 0 ? arrived : `${arrived}; not proved: ${lack}`;
}
