import * as fc from "fast-check";
import { expect, it } from "vitest";
import { flowOf, nodeReport } from "../example.fixture.js";
import { decodePeerMessage, encodePeerMessage, type PeerMessage } from "./message.js";

const messages: PeerMessage[] = [
  { type: "hello", node: "lb1", version: "0.1.0", configDigest: "a1" },
  { type: "report", report: nodeReport },
  { type: "request", id: 0, request: { method: "failover", force: true } },
  { type: "request", id: 1, request: { method: "insertFlows", flows: [] } },
  { type: "request", id: 2, request: { method: "insertFlows", flows: [flowOf(1), flowOf(2)] } },
  { type: "response", id: 3, ok: true, result: { anything: [1] } },
  { type: "response", id: 4, ok: false, error: "no" },
];

it.each(messages)("reads back what it wrote: $type", (message) => {
  expect(decodePeerMessage(encodePeerMessage(message))).toEqual(message);
});

const flow = flowOf(1);
const flowsOf = (...flows: object[]) => ({ type: "request", id: 0, request: { method: "insertFlows", flows } });

it.each([
  ["no JSON", "{"],
  ["nothing known", JSON.stringify({ type: "surprise" })],
  ["an unknown method", JSON.stringify({ type: "request", id: 0, request: { method: "reboot" } })],
  ["a negative id", JSON.stringify({ type: "request", id: -1, request: { method: "insertFlows", flows: [] } })],
  ["an unknown health", JSON.stringify({ type: "report", report: nodeReport }).replace('"up","admin"', '"?","admin"')],
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
