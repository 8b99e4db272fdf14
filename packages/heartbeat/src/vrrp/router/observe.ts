import type { Instant } from "@vipair/model";
import type { AdvertReceived } from "./event.js";
import type { RouterState } from "./state.js";

/** Another router is heard on this link, whatever it says. */
export function observeAdvert<S extends RouterState>(state: S, { link }: AdvertReceived, now: Instant): S {
  const heardAt = [...state.heardAt];
  heardAt[link] = now;
  return { ...state, heardAt };
}

/** The sender is the active router. */
export function observeActive<S extends RouterState>(state: S, advert: AdvertReceived, now: Instant): S {
  const { sender, priority, interval } = advert;
  return { ...state, peer: { sender, priority, interval, heardAt: now } };
}

export function observeTerm<S extends RouterState>(state: S, term: number): S {
  return { ...state, term: Math.max(state.term, term) };
}
