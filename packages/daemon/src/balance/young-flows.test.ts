import type { Ruleset } from "@vipair/balancer";
import type { Insertion, Young, YoungConnection, YoungService } from "@vipair/kernel";
import {
  type Endpoint,
  type Flow,
  flowMark,
  flowStatus,
  formatHostPort,
  type Instant,
  instantOf,
  parseEndpoint,
  readRecord,
  recordLength,
  tcpStates,
} from "@vipair/model";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openYoungFlows, type YoungFlows } from "./young-flows.js";

const endpoint = (text: string): Endpoint => {
  const parsed = parseEndpoint(text);
  if (parsed === undefined) throw new Error(`no endpoint ${text}`);
  return parsed;
};
const listener = endpoint("198.51.100.10:80");
const [first, second] = [endpoint("10.77.2.11:80"), endpoint("10.77.2.12:80")];

function ruleset(eligible: readonly string[], listen = listener): Ruleset {
  const servers = [
    { name: "s1", address: first },
    { name: "s2", address: second },
  ];
  const web = {
    kind: "balanced",
    name: "web",
    listen,
    mode: "nat",
    scheduler: "roundRobin",
    persistence: undefined,
    mark: flowMark | 7,
    servers,
    eligible: eligible.map((name) => ({ name, weight: 1 })),
    sorry: undefined,
  } as const;
  return { strays: "drop", services: [web] };
}

/** A connection from this port, as the kernel has it. */
interface Entry extends YoungConnection {
  readonly since: Instant;
}
function connection(port: number, more: Partial<YoungConnection> = {}, server = first): YoungConnection {
  const client = endpoint("198.51.100.1:1").address;
  return {
    key: Buffer.from([port]),
    original: { source: client, sourcePort: port, destination: listener.address, destinationPort: listener.port },
    reply: { source: server.address, sourcePort: server.port, destination: client, destinationPort: port },
    confirmed: true,
    answered: true,
    ending: false,
    ended: false,
    ...more,
  };
}

/** What the kernel has. */
let entries: Map<number, Entry>;
let served: Map<string, YoungService>;
let table: Map<number, Flow>;
let refuses: "" | "ENOMEM";
let full: boolean;
let refusals: string[];
/** Happens after the insertion. */
let meanwhile: () => void;
let flows: YoungFlows;

const now = (): Instant => instantOf(1_000_000 + Date.now());
const portOf = ({ original }: YoungConnection): number => original.sourcePort;
const nothing = (): void => undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  [entries, served, table, refusals] = [new Map(), new Map(), new Map(), []];
  [refuses, full, meanwhile] = ["", false, nothing];
  const young: Young = {
    serve: (service) => {
      if (full) return { ok: false, error: "E2BIG" };
      served.set(formatHostPort(service.listen), service);
      return { ok: true };
    },
    withdraw: (listen) => void served.delete(formatHostPort(listen)),
    counts: (numbers) => Array.from({ length: numbers }, (_, number) => 10 + number),
    openSince: (latest, most) =>
      [...entries.values()].filter((one) => one.confirmed && one.since <= latest).slice(0, most),
    look: (one) => entries.get(portOf(one)),
    all: function* () {
      yield [...entries.values()];
    },
    forget: (one) => void entries.delete(portOf(one)),
    clear: () => entries.clear(),
  };
  flows = openYoungFlows({
    young,
    conntrack: {
      insertRecords: (records): Insertion => {
        const view = new DataView(records.buffer, records.byteOffset, records.length);
        const refused: number[] = [];
        for (let at = 0; at < records.length; at += recordLength(view, at)) {
          const flow = readRecord(view, at);
          if (refuses === "") table.set(flow.original.sourcePort, flow);
          else refused.push(at);
        }
        meanwhile();
        const errors = new Map(refuses === "" ? [] : [[refuses, refused.length]]);
        return { inserted: 0, kept: 0, refused, errors };
      },
      removeRecords: (records) => {
        const view = new DataView(records.buffer, records.byteOffset, records.length);
        return Number(table.delete(readRecord(view, 0).original.sourcePort));
      },
    },
    timeouts: () => ({ tcpEstablished: 86_400, udp: 30, udpStream: 120 }),
    clock: now,
    refused: (error) => refusals.push(error),
  });
});
afterEach(() => {
  flows.close();
  vi.useRealTimers();
});

const begin = (...connections: readonly YoungConnection[]): void => {
  for (const one of connections) entries.set(portOf(one), { ...one, since: now() });
};
const want = (wanted: Ruleset): void => {
  flows.want(wanted);
  // Up to a beat.
  vi.advanceTimersByTime(100);
};

it("serves what the rules want, and says so in numbers", () => {
  want(ruleset(["s1", "s2"]));
  expect([...served.values()]).toMatchObject([
    {
      draw: "roundRobin",
      slots: [0, 1],
      servers: [
        { address: first, number: 0 },
        { address: second, number: 1 },
      ],
    },
  ]);
  expect(flows.services).toBe(1);
  want(ruleset(["s2"]));
  expect([...served.values()]).toMatchObject([{ slots: [0], servers: [{ address: second, number: 1 }] }]);
  expect(Object.fromEntries(flows.counts())).toEqual({ "server/web/s1": 10, "server/web/s2": 11 });
  want(ruleset([]));
  expect([served.size, flows.services]).toEqual([0, 0]);
});

it("withdraws a listener that moved", () => {
  want(ruleset(["s1"]));
  want(ruleset(["s1"], endpoint("198.51.100.11:80")));
  expect([...served.keys()]).toEqual(["198.51.100.11:80"]);
});

it("says that a service has no room, and lets its connections begin elsewhere", () => {
  want(ruleset(["s1"]));
  full = true;
  want(ruleset(["s1", "s2"]));
  expect([served.size, flows.services]).toEqual([0, 0]);
  expect(refusals).toEqual(["E2BIG"]);
});

it("gives conntrack what has been open for a tenth of a second", () => {
  want(ruleset(["s1", "s2"]));
  begin(connection(1));
  vi.advanceTimersByTime(50);
  begin(connection(2, {}, second));
  vi.advanceTimersByTime(50);
  expect([...table.keys()]).toEqual([1]);
  expect([...entries.keys()]).toEqual([2]);
  expect(table.get(1)).toMatchObject({
    protocol: 6,
    reply: { source: first.address, destinationPort: 1 },
    mark: flowMark | 7,
    status: flowStatus.seenReply | flowStatus.assured | flowStatus.destinationTranslated,
    timeout: 86_400,
    tcp: { state: tcpStates.established },
  });
  vi.advanceTimersByTime(100);
  expect([...table.keys()]).toEqual([1, 2]);
});

it("gives it for a while what one side has ended, and not at all what is over", () => {
  want(ruleset(["s1"]));
  begin(connection(1, { ending: true }), connection(2, { ending: true, ended: true }));
  vi.advanceTimersByTime(100);
  expect([...table.values()]).toMatchObject([{ timeout: 120, tcp: { state: tcpStates.finWait } }]);
});

it("takes back what ends while it is given", () => {
  want(ruleset(["s1"]));
  begin(connection(1));
  meanwhile = () => begin(connection(1, { ending: true, ended: true }));
  vi.advanceTimersByTime(100);
  expect([...table.keys()]).toEqual([]);
  expect([...entries.keys()]).toEqual([1]);
});

it("keeps what conntrack refuses, says it once, and tries again", () => {
  want(ruleset(["s1"]));
  begin(connection(1), connection(2));
  refuses = "ENOMEM";
  vi.advanceTimersByTime(300);
  expect(refusals).toEqual(["conntrack takes no young connections: ENOMEM"]);
  expect([...entries.keys()]).toEqual([1, 2]);
  refuses = "";
  vi.advanceTimersByTime(100);
  expect([...table.keys()]).toEqual([1, 2]);
});

it("begins none for a hand-over, and gives conntrack all, also those that are being opened", () => {
  want(ruleset(["s1"]));
  begin(connection(1), connection(2, { confirmed: false }), connection(3, { confirmed: false, answered: false }));
  flows.hold();
  expect(served.size).toBe(0);
  expect(entries.size).toBe(0);
  expect([...table.values()].map(({ tcp, status }) => [tcp?.state, status & flowStatus.seenReply])).toEqual([
    [tcpStates.established, flowStatus.seenReply],
    [tcpStates.synReceived, flowStatus.seenReply],
    [tcpStates.synSent, 0],
  ]);
  want(ruleset(["s1", "s2"]));
  expect(served.size).toBe(0);
  flows.release();
  expect([...served.values()]).toMatchObject([{ slots: [0, 1] }]);
});

it("forgets those to a server that is cut, to which none begins any more", () => {
  want(ruleset(["s1", "s2"]));
  begin(connection(1), connection(2, {}, second));
  flows.want(ruleset(["s2"]));
  flows.cut(first);
  expect([...entries.keys()]).toEqual([2]);
  expect([...served.values()]).toMatchObject([{ servers: [{ address: second }] }]);
  flows.clear();
  expect(entries.size).toBe(0);
});
