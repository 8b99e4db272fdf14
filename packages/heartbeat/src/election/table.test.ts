import { millisOf, type Role } from "@vipair/model";
import { describe, expect, it } from "vitest";
import type { ElectionEvent } from "./event.js";
import { Rehearsal, standby } from "./rehearsal.js";

/** One example of every event. A new event does not compile until it stands here and in the table. */
const events: { readonly [T in ElectionEvent["type"]]: Extract<ElectionEvent, { type: T }> } = {
  started: { type: "started" },
  heartbeatReceived: { type: "heartbeatReceived", heartbeat: { ...standby, resigning: true } },
  lifelineClosed: { type: "lifelineClosed" },
  deadlineReached: { type: "deadlineReached" },
  trackChanged: { type: "trackChanged", track: "interface eth0", ok: false },
  readinessChanged: { type: "readinessChanged", ready: true },
  serversCounted: { type: "serversCounted", servers: { up: 500, lag: millisOf(0) } },
  witnessReached: { type: "witnessReached" },
  maintenanceChanged: { type: "maintenanceChanged", on: true },
  balancerHeard: { type: "balancerHeard" },
  balancerClosed: { type: "balancerClosed" },
  handoverPrepared: { type: "handoverPrepared", force: true },
  leaseRenewed: { type: "leaseRenewed" },
  leaseRefused: { type: "leaseRefused", error: "EPERM" },
  addressesRefused: { type: "addressesRefused", error: "EPERM" },
  addressRemoved: { type: "addressRemoved", address: "198.51.100.10/24" },
  stopRequested: { type: "stopRequested" },
};

/** Role, and the effects that the outside world sees, for every role and event. */
const table: { readonly [R in Role]: { readonly [T in ElectionEvent["type"]]: string } } = {
  initialize: {
    started: "backup: sendHeartbeat reportRole",
    heartbeatReceived: "initialize:",
    lifelineClosed: "initialize:",
    deadlineReached: "initialize:",
    trackChanged: "initialize:",
    readinessChanged: "initialize:",
    serversCounted: "initialize:",
    witnessReached: "initialize:",
    maintenanceChanged: "initialize:",
    balancerHeard: "initialize:",
    balancerClosed: "initialize: exit",
    handoverPrepared: "initialize: refuseHandover",
    leaseRenewed: "initialize:",
    leaseRefused: "initialize:",
    addressesRefused: "initialize:",
    addressRemoved: "initialize:",
    stopRequested: "initialize: exit",
  },
  backup: {
    started: "backup:",
    heartbeatReceived: "active: renewLease sendHeartbeat addAddresses announceAddresses reportRole",
    lifelineClosed: "backup:",
    deadlineReached: "backup:",
    trackChanged: "backup:",
    readinessChanged: "backup:",
    serversCounted: "backup:",
    witnessReached: "backup:",
    maintenanceChanged: "backup:",
    balancerHeard: "backup:",
    balancerClosed: "initialize: reportRole exit",
    handoverPrepared: "backup: refuseHandover",
    leaseRenewed: "backup:",
    leaseRefused: "backup:",
    addressesRefused: "backup:",
    addressRemoved: "backup:",
    stopRequested: "initialize: reportRole exit",
  },
  active: {
    started: "active:",
    heartbeatReceived: "active: announceAddresses sendHeartbeat",
    lifelineClosed: "active: sendHeartbeat",
    deadlineReached: "active:",
    trackChanged: "backup: dropLease removeAddresses sendHeartbeat reportRole",
    readinessChanged: "active:",
    serversCounted: "active:",
    witnessReached: "active:",
    maintenanceChanged: "backup: dropLease removeAddresses sendHeartbeat reportRole",
    balancerHeard: "active:",
    balancerClosed: "initialize: dropLease removeAddresses sendHeartbeat reportRole exit",
    handoverPrepared: "backup: dropLease removeAddresses sendHeartbeat reportRole",
    leaseRenewed: "active:",
    leaseRefused: "active: reportRefused",
    addressesRefused: "backup: dropLease removeAddresses sendHeartbeat reportRole reportRefused",
    addressRemoved: "active: addAddresses announceAddresses reportRestored",
    stopRequested: "initialize: dropLease removeAddresses sendHeartbeat reportRole exit",
  },
};

const stages: { readonly [R in Role]: () => Rehearsal } = {
  initialize: () => new Rehearsal(),
  backup: () => Rehearsal.backup(),
  active: () => Rehearsal.active(),
};

describe.each(Object.keys(table) as Role[])("%s", (role) => {
  it.each(Object.keys(events) as ElectionEvent["type"][])("%s", (type) => {
    const node = stages[role]().step(events[type]);
    expect([`${node.state.role}:`, ...node.types].join(" ")).toBe(table[role][type]);
  });
});
