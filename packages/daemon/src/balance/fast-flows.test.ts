import type { BusyFlow, ConnectionTimeouts, FastPath } from "@vipair/kernel";
import {
  type Flow,
  flowMark,
  flowStatus,
  type Instant,
  instantOf,
  type Outcome,
  parseAddress,
  type Tuple,
} from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type FastFlows, openFastFlows } from "./fast-flows.js";

let timeouts: ConnectionTimeouts;
const { seenReply, assured, destinationTranslated: translated } = flowStatus;

const tuple = (source: string, sourcePort: number, destination: string, destinationPort: number): Tuple => {
  const [from, to] = [parseAddress(source), parseAddress(destination)];
  if (from === undefined || to === undefined) throw new Error("no address");
  return { source: from, sourcePort, destination: to, destinationPort };
};

function flow(port: number, more: Partial<Flow> = {}): Flow {
  return {
    protocol: 6,
    original: tuple("198.51.100.1", port, "198.51.100.10", 80),
    reply: tuple("10.77.2.11", 80, "198.51.100.1", port),
    status: seenReply | assured | translated,
    timeout: 300,
    mark: flowMark | 7,
    tcp: { state: 3, scaleOriginal: 7, scaleReply: 7, flagsOriginal: 3, flagsReply: 3 },
    ...more,
  };
}

/** What the kernel has. */
let table: Flow[];
let onPath: Map<Flow["original"], { directions: string; seen: Instant }>;
let busy: BusyFlow[];
let forgotten: BusyFlow[];
let refreshed: [port: number, seconds: number][];
let full: Outcome;
let refusals: string[];
let flows: FastFlows;

const now = (): Instant => instantOf(1_000_000 + Date.now());
const busyBy = ({ protocol, original }: Flow): BusyFlow => ({ protocol, tuple: original, key: Buffer.alloc(0) });

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  [table, onPath, busy, forgotten, refreshed, refusals] = [[], new Map(), [], [], [], []];
  full = { ok: true };
  timeouts = { tcpEstablished: 86_400, udp: 30, udpStream: 120 };
  const fastPath: FastPath = {
    leaseFd: 9,
    young: undefined,
    takeBusy: () => busy.shift(),
    forgetBusy: (one) => void forgotten.push(one),
    add: ({ original }, directions) => {
      if (full.ok) onPath.set(original, { directions, seen: instantOf(0) });
      return full;
    },
    lastSeen: ({ original }) => onPath.get(original)?.seen,
    remove: ({ original }) => void onPath.delete(original),
    close: () => onPath.clear(),
  };
  flows = openFastFlows({
    fastPath,
    room: 2,
    young: undefined,
    conntrack: {
      find: (_, { sourcePort }) => table.find(({ original }) => original.sourcePort === sourcePort),
      refresh: ({ original }, seconds) => {
        refreshed.push([original.sourcePort, seconds]);
        return table.some((one) => one.original === original);
      },
    },
    timeouts: () => timeouts,
    clock: now,
    refused: (error) => refusals.push(error),
  });
});
afterEach(() => {
  flows.close();
  vi.useRealTimers();
});

function carry(...all: readonly Flow[]): void {
  table.push(...all);
  busy.push(...all.map(busyBy));
  vi.advanceTimersByTime(200);
}
/** Time in which packets pass on the fast path, or none. */
function pass(ms: number, of: readonly Flow[]): void {
  for (let at = 0; at < ms; at += 1_000) {
    for (const { original } of of) {
      const entry = onPath.get(original);
      if (entry !== undefined) entry.seen = now();
    }
    vi.advanceTimersByTime(1_000);
  }
}
const carried = (): number[] => [...onPath.keys()].map(({ sourcePort }) => sourcePort);

it("carries who is busy, both ways, and has conntrack keep it", () => {
  carry(flow(1));
  expect([...onPath.values()]).toMatchObject([{ directions: "both" }]);
  expect(refreshed).toEqual([[1, 86_400]]);
  expect(flows.count).toBe(1);
});

it("has conntrack keep a connection for as long as the host is set to now", () => {
  const one = flow(1);
  carry(one);
  timeouts = { ...timeouts, tcpEstablished: 7_440 };
  pass(21_000, [one]);
  expect(refreshed).toEqual([
    [1, 86_400],
    [1, 7_440],
  ]);
});

it("carries the questions alone until conntrack has seen answers for long enough", () => {
  const asked = flow(1, { protocol: 17, status: translated, tcp: undefined });
  carry(asked);
  expect([...onPath.values()]).toMatchObject([{ directions: "original" }]);
  expect(forgotten).toHaveLength(1);
  expect(refreshed).toEqual([[1, 30]]);
  table = [{ ...asked, status: translated | seenReply }];
  pass(21_000, [asked]);
  expect([...onPath.values()]).toMatchObject([{ directions: "original" }]);
  table = [{ ...asked, status: translated | seenReply | assured }];
  pass(21_000, [asked]);
  expect([...onPath.values()]).toMatchObject([{ directions: "both" }]);
  expect(refreshed.at(-1)).toEqual([1, 120]);
});

it.each([
  ["of somebody else", { mark: 7 }, 0],
  ["that is not translated", { status: seenReply | assured }, 0],
  ["that begins", { tcp: { state: 2, scaleOriginal: 0, scaleReply: 0, flagsOriginal: 0, flagsReply: 0 } }, 1],
])("leaves a connection %s alone", (_, more, askedAgain) => {
  carry(flow(1, more));
  expect(carried()).toEqual([]);
  expect(forgotten).toHaveLength(askedAgain);
});

it("leaves a connection alone that conntrack does not know, or ceases to know", () => {
  busy.push(busyBy(flow(1)));
  vi.advanceTimersByTime(200);
  expect(carried()).toEqual([]);
  const [two] = [flow(2)];
  carry(two);
  table = [];
  pass(21_000, [two]);
  expect(carried()).toEqual([]);
});

it("refreshes who stays busy, and lets go of who is idle", () => {
  const [one, two] = [flow(1), flow(2)];
  carry(one, two);
  refreshed = [];
  pass(61_000, [one]);
  expect(carried()).toEqual([1]);
  expect(refreshed).toEqual([
    [1, 86_400],
    [1, 86_400],
    [1, 86_400],
  ]);
});

it("forgets who has left by itself, and takes it again", () => {
  const one = flow(1);
  carry(one);
  onPath.clear();
  busy.push(busyBy(one));
  vi.advanceTimersByTime(200);
  expect(carried()).toEqual([1]);
  onPath.clear();
  pass(21_000, []);
  expect(flows.count).toBe(0);
});

it("has room for so many; the others may ask again", () => {
  carry(flow(1), flow(2), flow(3));
  expect(carried()).toEqual([1, 2]);
  expect(forgotten).toHaveLength(1);
});

it("tells what the kernel refuses", () => {
  full = { ok: false, error: "E2BIG" };
  carry(flow(1));
  expect(refusals).toEqual(["E2BIG"]);
  expect(flows.count).toBe(0);
});

it("clears the path when it is told to", () => {
  carry(flow(1), flow(2));
  flows.clear();
  expect(carried()).toEqual([]);
  carry(flow(1));
  expect(carried()).toEqual([1]);
});
