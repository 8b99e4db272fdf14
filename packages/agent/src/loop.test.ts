import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
  type ElectionConfig,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  electionConfig,
  type Heartbeat,
} from "@vipair/heartbeat";
import { bootClock } from "@vipair/kernel";
import { millisOf, type Pair } from "@vipair/model";
import { afterEach, expect, it, vi } from "vitest";
import { electionMachine } from "./election/party.js";
import { afterSockets, type Loop, openLoop, type Perform } from "./loop.js";

const interval = millisOf(20);
const pair: Pair = {
  name: "mail",
  secretFile: "",
  nodes: [
    { name: "lb1", address: { family: 4, text: "127.0.0.2" }, priority: 200 },
    { name: "lb2", address: { family: 4, text: "127.0.0.3" }, priority: 100 },
  ],
  heartbeat: {
    transport: "udp",
    routerId: 51,
    interval,
    interfaces: [],
    unicast: true,
    checksum: "pseudoHeader",
  },
  preempt: false,
  preemptDelay: millisOf(0),
  reachDelay: millisOf(2_000),
  witness: [],
  sync: { port: 7340 },
  track: [],
};
const config: ElectionConfig = electionConfig(pair, "lb1");
const fromActive: Heartbeat = {
  role: "active",
  priority: 100,
  term: 1,
  interval,
  resigning: false,
  planned: false,
  eligible: true,
  ready: true,
  maintenance: false,
  hearing: true,
  claiming: false,
  reach: undefined,
};
const soon = { timeout: 3_000, interval: 5 };
let loop: Loop<ElectionState, ElectionEvent> | undefined;
afterEach(() => loop?.close());

const granted: Perform<ElectionEvent, ElectionEffect> = (effect) =>
  effect.type === "renewLease" ? { type: "leaseRenewed" } : undefined;

function open(perform = granted) {
  const performed: ElectionEffect["type"][] = [];
  const stepped = vi.fn();
  const awake = vi.fn(() => performed.length);
  const opened = openLoop(electionMachine(config), {
    record: () => undefined,
    perform: (effect, decidedAt) => {
      performed.push(effect.type);
      return perform(effect, decidedAt);
    },
    stepped,
    catchUp: afterSockets,
    awake,
  });
  loop = opened;
  return { loop: opened, performed, stepped, awake };
}

it("keeps the machine's deadlines: alone, the node becomes active and goes on renewing", async () => {
  const { loop, performed, stepped } = open();
  loop.deliver({ type: "readinessChanged", ready: true });
  loop.deliver({ type: "started" });
  expect(loop.state.role).toBe("backup");
  await vi.waitFor(() => expect(performed.filter((type) => type === "renewLease").length).toBeGreaterThan(3), soon);
  expect(loop.state.role).toBe("active");
  const takeover = performed.indexOf("renewLease");
  expect(performed.slice(takeover, takeover + 4)).toEqual([
    "renewLease",
    "sendHeartbeat",
    "addAddresses",
    "announceAddresses",
  ]);
  const [effects, at, took] = stepped.mock.calls.at(-1) ?? [];
  expect(effects.length).toBeGreaterThan(0);
  expect(bootClock() - at).toBeLessThan(1_000);
  expect(took).toBeGreaterThanOrEqual(0);
});

it("tells that the process is awake when what a deadline asked for is performed, and not at other events", async () => {
  const { loop, performed, awake } = open();
  loop.deliver({ type: "readinessChanged", ready: true });
  loop.deliver({ type: "started" });
  expect(awake).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(awake.mock.results.at(-1)?.value).toBeGreaterThan(5), soon);
  expect(awake.mock.results.at(-1)?.value).toBe(performed.length);
});

it("hands outcomes back as events, after the effects of the step", async () => {
  const order: string[] = [];
  const { loop } = open((effect) => {
    order.push(effect.type);
    return effect.type === "renewLease" ? { type: "leaseRefused", error: "EPERM" } : undefined;
  });
  loop.deliver({ type: "readinessChanged", ready: true });
  loop.deliver({ type: "started" });
  await vi.waitFor(() => expect(order).toContain("reportRefused"), soon);
  expect(order.indexOf("addAddresses")).toBeGreaterThan(order.indexOf("renewLease"));
  expect(order.indexOf("reportRefused")).toBeGreaterThan(order.indexOf("addAddresses"));
});

it("steps an event that is delivered while effects are performed after them", () => {
  const events: ElectionEvent[] = [{ type: "stopRequested" }];
  const { loop, performed } = open((effect) => {
    const event = effect.type === "sendHeartbeat" ? events.shift() : undefined;
    if (event !== undefined) loop.deliver(event);
    return undefined;
  });
  loop.deliver({ type: "started" });
  expect(performed).toEqual(["sendHeartbeat", "reportRole", "reportRole", "exit"]);
});

it("reads what waits in the sockets before a deadline that was missed", async () => {
  const order: string[] = [];
  const { loop } = open((effect) => {
    order.push(effect.type);
    return undefined;
  });
  const [receiver, sender] = [createSocket("udp4"), createSocket("udp4")];
  receiver.bind(0, "127.0.0.2");
  await once(receiver, "listening");
  const { port } = receiver.address();
  await new Promise<void>((resolve) => sender.send("x", port, "127.0.0.2", () => resolve()));
  await once(receiver, "message");
  receiver.on("message", () => {
    order.push("read");
    loop.deliver({ type: "heartbeatReceived", heartbeat: fromActive });
  });

  loop.deliver({ type: "readinessChanged", ready: true });
  loop.deliver({ type: "started" });
  for (let stall = 0; stall < 5; stall++) {
    await new Promise<void>((resolve) => sender.send("x", port, "127.0.0.2", () => resolve()));
    // The process stands still for longer than the active down interval while a heartbeat waits in its socket.
    for (const until = performance.now() + 5 * interval; performance.now() < until; );
    order.length = 0;
    await vi.waitFor(() => expect(order).toContain("sendHeartbeat"), soon);
    expect(order[0]).toBe("read");
  }
  receiver.close();
  sender.close();
  expect(order).not.toContain("renewLease");
});

it("takes nothing after it was closed", () => {
  const { loop, performed } = open();
  loop.close();
  loop.deliver({ type: "started" });
  expect(performed).toEqual([]);
  expect(loop.state.role).toBe("initialize");
});
