import { after, type Instant } from "@vipair/model";
import type { NodeConfig } from "./config.js";
import type { NodeEffect } from "./effect.js";
import { nextTick } from "./timing.js";

/**
 * The tenure of an active node: the lease that makes it one, the addresses that it holds meanwhile, and when it announces
 * them.
 *
 * The kernel ends the lease when the node does not renew it. The state keeps its end a little too early: it counts from the
 * moment the renewal was decided, the kernel from the moment it was done.
 */
export interface Tenure {
  readonly activeSince: Instant;
  readonly leaseRequestedAt: Instant;
  readonly leaseUntil: Instant;
  /** The last renewal was refused. */
  readonly leaseRefused: boolean;
  readonly addressesAt: Instant;
  readonly announceAt: Instant;
  /** Since when they are announced often: the takeover, or when neighbours last had reason to believe another node. */
  readonly announceSince: Instant;
  /** Announcements since then. */
  readonly announced: number;
}

/** The tenure of a node that becomes active now, and asks for its lease, adds and announces the addresses. */
export function beginTenure(config: NodeConfig, now: Instant): Tenure {
  return {
    activeSince: now,
    leaseRequestedAt: now,
    leaseUntil: after(now, config.leaseTtl),
    leaseRefused: false,
    addressesAt: after(now, config.addressRefresh),
    ...beginAnnouncing(config, now),
  };
}

/** Announces the addresses now, and as often from now on as after a takeover: somebody else may have done so. */
export function announceAnew<S extends Tenure>(config: NodeConfig, state: S, now: Instant): AnnouncedAnew<S> {
  return { state: { ...state, ...beginAnnouncing(config, now) }, effects: [{ type: "announceAddresses" }] };
}

interface AnnouncedAnew<S> {
  readonly state: S;
  readonly effects: readonly NodeEffect[];
}

const beginAnnouncing = (config: NodeConfig, now: Instant) => ({
  announceSince: now,
  announced: 1,
  announceAt: announcementAfter(config, now, 1, now),
});

/** Asks for a renewal; the outcome tells whether it was granted. */
export const renewLease = <S extends Tenure>(state: S, now: Instant): S => ({ ...state, leaseRequestedAt: now });

/** The state after a granted renewal; any other event leaves the lease as it is. */
export function grantLease<S extends Tenure>(config: NodeConfig, state: S, event: { readonly type: string }): S {
  if (event.type !== "leaseRenewed") return state;
  return { ...state, leaseUntil: after(state.leaseRequestedAt, config.leaseTtl), leaseRefused: false };
}

/** Whether the node was stalled, or refused, for longer than its lease lasts. */
export const hasLapsed = (state: Tenure, now: Instant): boolean => now >= state.leaseUntil;

/** Whether the node is active and its lease still runs: a machine that was stalled learns of the end only when it is stepped. */
export const owns = (
  state: ({ readonly role: "active" } & Tenure) | { readonly role: "initialize" | "backup" },
  now: Instant,
): boolean => state.role === "active" && !hasLapsed(state, now);

/** Lengthens the life of the addresses and announces them, each when it is due. */
export function keepAddresses<S extends Tenure>(
  config: NodeConfig,
  state: S,
  now: Instant,
): { state: S; effects: NodeEffect[] } {
  let next = state;
  const effects: NodeEffect[] = [];
  if (now >= state.addressesAt) {
    next = { ...next, addressesAt: nextTick(state.addressesAt, config.addressRefresh, now) };
    effects.push({ type: "addAddresses", validFor: config.addressValidFor });
  }
  if (now >= state.announceAt) {
    const announced = state.announced + 1;
    next = { ...next, announced, announceAt: announcementAfter(config, state.announceSince, announced, now) };
    effects.push({ type: "announceAddresses" });
  }
  return { state: next, effects };
}

/** Puts back what somebody else removed. */
export function restoreAddress<S extends Tenure>(
  config: NodeConfig,
  state: S,
  address: string,
  now: Instant,
): { state: S; effects: NodeEffect[] } {
  return {
    state: { ...state, addressesAt: after(now, config.addressRefresh) },
    effects: [
      { type: "addAddresses", validFor: config.addressValidFor },
      { type: "announceAddresses" },
      { type: "reportRestored", address },
    ],
  };
}

/** When the announcement with number `count` since `since` is due. */
function announcementAfter(config: NodeConfig, since: Instant, count: number, now: Instant): Instant {
  const offset = config.announceAt[count];
  const due = offset === undefined ? after(now, config.announceEvery) : after(since, offset);
  return due > now ? due : after(now, config.announceAt[1] ?? config.announceEvery);
}
