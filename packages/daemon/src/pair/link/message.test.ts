import * as fc from "fast-check";
import { expect, it } from "vitest";
import { flowOf, nodeReport, sourceReport } from "../example.fixture.js";
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from "./message.js";

const bits = (bytes: number): string => Buffer.alloc(bytes, 0xa5).toString("base64");

const messages: PeerMessage[] = [
  { type: "hello", node: "lb1", version: "0.1.0", configDigest: "a1" },
  { type: "report", report: nodeReport },
  { type: "request", id: 0, request: { method: "failover", force: true } },
  { type: "request", id: 1, request: { method: "insertFlows", flows: [] } },
  { type: "request", id: 2, request: { method: "insertFlows", flows: [flowOf(1), flowOf(2)] } },
  { type: "report", report: { ...nodeReport, replication: sourceReport } },
  {
    type: "report",
    report: {
      ...nodeReport,
      frozen: { at: nodeReport.since, agoMs: 3, lastedMs: 2_800, cause: "starved", stealMs: 2_100 },
    },
  },
  {
    type: "report",
    report: {
      ...nodeReport,
      tuning: {
        readings: {
          processors: 2,
          conntrack: { count: 1, most: 2, buckets: 3, accounting: false, establishedSeconds: 4 },
          interfaces: [{ name: "eth0", isCard: true, receiveQueues: 1, steeredTo: 0, receiveOffload: true }],
        },
        advice: [{ setting: "a", now: "1", advised: "2", because: "b", command: "c", urgent: true }],
      },
    },
  },
  { type: "request", id: 5, request: { method: "verify", repair: false } },
  { type: "request", id: 6, request: { method: "census", buckets: 65_536 } },
  { type: "request", id: 7, request: { method: "sample", buckets: 1_024, chosen: bits(128) } },
  { type: "request", id: 8, request: { method: "fetch", transfer: 3, offset: 131_072 } },
  { type: "request", id: 9, request: { method: "reread" } },
  { type: "request", id: 10, request: { method: "events" } },
  { type: "request", id: 11, request: { method: "events", after: { journal: "a", count: 7 } } },
  { type: "request", id: 12, request: { method: "clock" } },
  { type: "request", id: 13, request: { method: "tenure" } },
  { type: "request", id: 14, request: { method: "overlap", overlapMs: 4_200 } },
  { type: "response", id: 3, ok: true, result: { anything: [1] } },
  { type: "response", id: 4, ok: false, error: "no" },
];

it.each(messages)("reads back what it wrote: $type", (message) => {
  expect(decodePeerMessage(encodePeerMessage(message))).toEqual(message);
});

it("reads the reports and the hello of a version that says less, and of one that says more", () => {
  const { term: _term, maintenance: _maintenance, replication: _replication, ...older } = nodeReport;
  for (const report of [older, { ...nodeReport, mood: "good", takeover: { obstacles: [], silenceMs: 1, mood: 1 } }]) {
    expect(decodePeerMessage(JSON.stringify({ type: "report", report }))).toEqual({ type: "report", report });
  }
  const hello = { type: "hello", node: "lb2", version: "0.0.9", configDigest: "a1" };
  expect(decodePeerMessage(JSON.stringify(hello))).toEqual(hello);
  const newer = { ...hello, features: ["events", "telepathy"], mood: "good" };
  expect(decodePeerMessage(JSON.stringify(newer))).toEqual({ ...hello, features: ["events", "telepathy"] });
});

const flow = flowOf(1);
const requestOf = (request: object) => ({ type: "request", id: 0, request });
const flowsOf = (...flows: object[]) => ({ type: "request", id: 0, request: { method: "insertFlows", flows } });

it.each([
  ["no JSON", "{"],
  ["nothing known", JSON.stringify({ type: "surprise" })],
  ["an unknown method", JSON.stringify({ type: "request", id: 0, request: { method: "reboot" } })],
  ["a negative id", JSON.stringify({ type: "request", id: -1, request: { method: "insertFlows", flows: [] } })],
  ["an unknown health", JSON.stringify({ type: "report", report: nodeReport }).replace('"up","admin"', '"?","admin"')],
  ["as many buckets as nobody has", JSON.stringify(requestOf({ method: "census", buckets: 1 << 30 }))],
  ["buckets that no digest has", JSON.stringify(requestOf({ method: "census", buckets: 1_500 }))],
  ["too few chosen bits", JSON.stringify(requestOf({ method: "sample", buckets: 1_024, chosen: bits(127) }))],
  ["too many chosen bits", JSON.stringify(requestOf({ method: "sample", buckets: 1_024, chosen: bits(131) }))],
  [
    "bits that are not base64",
    JSON.stringify(requestOf({ method: "sample", buckets: 1_024, chosen: "?".repeat(172) })),
  ],
  ["an offset before the beginning", JSON.stringify(requestOf({ method: "fetch", transfer: 0, offset: -1 }))],
  [
    "a count that is none",
    JSON.stringify({ type: "report", report: nodeReport }).replace('"surplus":2', '"surplus":-2'),
  ],
  ["a connection of others", JSON.stringify(flowsOf({ ...flow, mark: 1 }))],
  ["a mark that is too long", JSON.stringify(flowsOf({ ...flow, mark: 0x1_5650_0001 }))],
  ["a port that is none", JSON.stringify(flowsOf({ ...flow, reply: { ...flow.reply, sourcePort: 65_536 } }))],
  [
    "an address that is none",
    JSON.stringify(flowsOf({ ...flow, reply: { ...flow.reply, source: { family: 4, text: "10.0.0.256" } } })),
  ],
  [
    "an address of the other family",
    JSON.stringify(flowsOf({ ...flow, reply: { ...flow.reply, source: { family: 6, text: "10.0.0.1" } } })),
  ],
])("refuses %s", (_what, text) => expect(decodePeerMessage(text)).toBeUndefined());

it("never throws, whatever the text", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void decodePeerMessage(text)));
});

it("never throws on messages that somebody changed in one place", () => {
  const changes = fc.tuple(fc.constantFrom(...messages.map(encodePeerMessage)), fc.nat(), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(changes, ([text, at, into]) => {
      const place = at % text.length;
      void decodePeerMessage(text.slice(0, place) + into + text.slice(place + 1));
    }),
  );
});
