import type { ElectionEffect, ElectionEvent, Heartbeat } from "@vipair/heartbeat";
import { instantOf, millisOf, type Outcome } from "@vipair/model";
import { expect, it } from "vitest";
import { performElection } from "./election/perform.js";
import type { AgentMessage } from "./message.js";
import { performWith } from "./perform.js";

const done: Outcome = { ok: true };
const refused: Outcome = { ok: false, error: "EPERM" };
const heartbeat = { role: "active" } as Heartbeat;

/** Performs one effect against parts that say this outcome, and answers what was called. */
function perform(effect: ElectionEffect, outcome: Outcome, lateMs = 0) {
  const calls: unknown[][] = [];
  const record =
    (name: string) =>
    (...args: unknown[]): Outcome => {
      calls.push([name, ...args]);
      return outcome;
    };
  const told: AgentMessage[] = [];
  const decidedAt = instantOf(5_000);
  const tell = (message: AgentMessage) => told.push(message);
  const isOutdated = () => lateMs >= 250;
  const performNode = performWith({
    clock: () => instantOf(decidedAt + lateMs),
    isOutdated,
    ownership: {
      open: record("open"),
      renewLease: record("renewLease"),
      dropLease: record("dropLease"),
      addAddresses: record("addAddresses"),
      removeAddresses: record("removeAddresses"),
      announceAddresses: record("announceAddresses"),
      heldAddresses: () => [],
      close: record("close"),
    },
    tell,
    exit: record("exit"),
  });
  const exchange = { send: record("send") };
  const performing = performElection(exchange, tell, performNode, record("askWitnesses"), isOutdated);
  const event = performing(effect, decidedAt);
  return { calls, told, event };
}

const kernel: [ElectionEffect, unknown[], ElectionEvent | undefined, ElectionEvent | AgentMessage][] = [
  [
    { type: "renewLease", ttl: millisOf(250) },
    ["renewLease", 250],
    { type: "leaseRenewed" },
    { type: "leaseRefused", error: "EPERM" },
  ],
  [
    { type: "addAddresses", validFor: millisOf(2_000) },
    ["addAddresses", 2_000],
    undefined,
    { type: "addressesRefused", error: "EPERM" },
  ],
  [{ type: "dropLease", linger: millisOf(9) }, ["dropLease", 9], undefined, { type: "refused", error: "EPERM" }],
  [{ type: "removeAddresses" }, ["removeAddresses"], undefined, { type: "refused", error: "EPERM" }],
  [{ type: "announceAddresses" }, ["announceAddresses"], undefined, { type: "refused", error: "EPERM" }],
];

it.each(kernel)("performs %j in the kernel and hands its outcome back", (effect, call, granted, denied) => {
  const good = perform(effect, done);
  expect(good).toEqual({ calls: [call], told: [], event: granted });
  const bad = perform(effect, refused);
  expect(bad.calls).toEqual([call]);
  expect([bad.event, ...bad.told].filter((said) => said !== undefined)).toEqual([denied]);
});

it("sends heartbeats on the exchange, and exits", () => {
  expect(perform({ type: "sendHeartbeat", heartbeat }, done)).toEqual({
    calls: [["send", heartbeat]],
    told: [],
    event: undefined,
  });
  expect(perform({ type: "exit" }, done)).toEqual({ calls: [["exit"]], told: [], event: undefined });
});

const said: [ElectionEffect, AgentMessage[]][] = [
  [{ type: "requestHandover" }, [{ type: "handoverRequested" }]],
  [{ type: "refuseHandover", reason: "why" }, [{ type: "handoverRefused", reason: "why" }]],
  [{ type: "reportRestored", address: "192.0.2.1/24" }, [{ type: "restored", what: "address 192.0.2.1/24" }]],
  [{ type: "reportRefused", error: "EPERM" }, [{ type: "refused", error: "EPERM" }]],
  [{ type: "reportConflict", yields: true }, [{ type: "conflict", yields: true }]],
  [{ type: "reportRole", from: "backup", to: "active", reason: "silence", term: 2 }, []],
];

it.each(said)("tells the balancer of %j", (effect, messages) => {
  expect(perform(effect, done)).toEqual({ calls: [], told: messages, event: undefined });
});

it("renews a lease for what is left of it when the process was stalled since the decision", () => {
  const renewal = { type: "renewLease", ttl: millisOf(250) } as const;
  expect(perform(renewal, done, 40.5).calls).toEqual([["renewLease", 209]]);
  const late = perform(renewal, done, 250);
  expect(late.calls).toEqual([]);
  expect(late.event).toMatchObject({ type: "leaseRefused" });
});

it("does not say that the node is active, or announce it, when it was stalled for longer than a lease since the decision", () => {
  const resigning = { ...heartbeat, role: "backup", resigning: true } as Heartbeat;
  expect(perform({ type: "sendHeartbeat", heartbeat }, done, 249).calls).toHaveLength(1);
  expect(perform({ type: "sendHeartbeat", heartbeat }, done, 250).calls).toEqual([]);
  expect(perform({ type: "sendHeartbeat", heartbeat: resigning }, done, 2_800).calls).toHaveLength(1);
  expect(perform({ type: "announceAddresses" }, done, 250).calls).toEqual([]);
});
