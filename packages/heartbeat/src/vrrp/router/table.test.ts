import type { Role } from "@vipair/model";
import { describe, expect, it } from "vitest";
import type { RouterEvent } from "./event.js";
import { anyAdvert, RouterRehearsal } from "./rehearsal.js";

/** One example of every event, several of an advertisement. A new event does not compile until it stands here. */
const events: { readonly [T in Exclude<RouterEvent["type"], "advertReceived">]: Extract<RouterEvent, { type: T }> } = {
  started: { type: "started" },
  deadlineReached: { type: "deadlineReached" },
  termSeen: { type: "termSeen", term: 7 },
  trackChanged: { type: "trackChanged", track: "interface eth0", ok: false },
  readinessChanged: { type: "readinessChanged", ready: true },
  maintenanceChanged: { type: "maintenanceChanged", on: true },
  balancerHeard: { type: "balancerHeard" },
  balancerClosed: { type: "balancerClosed" },
  handoverPrepared: { type: "handoverPrepared", force: false },
  leaseRenewed: { type: "leaseRenewed" },
  leaseRefused: { type: "leaseRefused", error: "EPERM" },
  addressesRefused: { type: "addressesRefused", error: "EPERM" },
  addressRemoved: { type: "addressRemoved", address: "198.51.100.10/24" },
  stopRequested: { type: "stopRequested" },
};
const adverts = {
  advertGreater: { ...anyAdvert, priority: 101 },
  advertEqualFromLower: anyAdvert,
  advertEqualFromGreater: { ...anyAdvert, sender: { family: 4, text: "198.51.100.200" } },
  advertLesser: { ...anyAdvert, priority: 99 },
  advertZero: { ...anyAdvert, priority: 0 },
} as const satisfies Record<string, RouterEvent>;
const all = { ...events, ...adverts };
type Name = keyof typeof all;

const resigns = "dropLease removeAddresses sendAdvertisement reportRole";

/** Role, and the effects that the outside world sees, for every role and event. */
const table: { readonly [R in Role]: { readonly [N in Name]: string } } = {
  initialize: {
    started: "backup: reportRole",
    deadlineReached: "initialize:",
    termSeen: "initialize:",
    trackChanged: "initialize:",
    readinessChanged: "initialize:",
    maintenanceChanged: "initialize:",
    balancerHeard: "initialize:",
    balancerClosed: "initialize: exit",
    handoverPrepared: "initialize: refuseHandover",
    leaseRenewed: "initialize:",
    leaseRefused: "initialize:",
    addressesRefused: "initialize:",
    addressRemoved: "initialize:",
    stopRequested: "initialize: exit",
    advertGreater: "initialize:",
    advertEqualFromLower: "initialize:",
    advertEqualFromGreater: "initialize:",
    advertLesser: "initialize:",
    advertZero: "initialize:",
  },
  backup: {
    started: "backup:",
    deadlineReached: "backup:",
    termSeen: "backup:",
    trackChanged: "backup:",
    readinessChanged: "backup:",
    maintenanceChanged: "backup:",
    balancerHeard: "backup:",
    balancerClosed: "initialize: reportRole exit",
    handoverPrepared: "backup: refuseHandover",
    leaseRenewed: "backup:",
    leaseRefused: "backup:",
    addressesRefused: "backup:",
    addressRemoved: "backup:",
    stopRequested: "initialize: reportRole exit",
    advertGreater: "backup:",
    advertEqualFromLower: "backup:",
    advertEqualFromGreater: "backup:",
    advertLesser: "backup:",
    advertZero: "backup:",
  },
  active: {
    started: "active:",
    deadlineReached: "active:",
    termSeen: "active:",
    trackChanged: `backup: ${resigns}`,
    readinessChanged: "active:",
    maintenanceChanged: `backup: ${resigns}`,
    balancerHeard: "active:",
    balancerClosed: `initialize: ${resigns} exit`,
    handoverPrepared: `backup: ${resigns}`,
    leaseRenewed: "active:",
    leaseRefused: "active: reportRefused",
    addressesRefused: `backup: ${resigns} reportRefused`,
    addressRemoved: "active: addAddresses announceAddresses reportRestored",
    stopRequested: `initialize: ${resigns} exit`,
    advertGreater: "backup: dropLease removeAddresses reportRole reportConflict",
    advertEqualFromLower: "active: sendAdvertisement announceAddresses reportConflict",
    advertEqualFromGreater: "backup: dropLease removeAddresses reportRole reportConflict",
    advertLesser: "active: sendAdvertisement announceAddresses reportConflict",
    advertZero: "active: renewLease sendAdvertisement",
  },
};

const stages: { readonly [R in Role]: () => RouterRehearsal } = {
  initialize: () => new RouterRehearsal(),
  backup: () => RouterRehearsal.backup(),
  active: () => RouterRehearsal.active(),
};

describe.each(Object.keys(table) as Role[])("%s", (role) => {
  it.each(Object.keys(all) as Name[])("%s", (name) => {
    const node = stages[role]().step(all[name]);
    expect([`${node.state.role}:`, ...node.types].join(" ")).toBe(table[role][name]);
  });
});
