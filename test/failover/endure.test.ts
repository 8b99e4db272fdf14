import { expect, test } from "vitest";
import { judge, type Reply } from "../arp/ownership.js";
import { summarise } from "../traffic/window.js";
import { type Endured, missedInFault } from "./endure.js";
import { type FaultName, faults, noticedMs } from "./fault.js";

const replies = (nodes: string): Reply[] => [...nodes].map((node, i) => ({ at: i * 10, node }));

function endured(fault: FaultName, nodes: string, more: Partial<Endured> = {}): Endured {
  const meter = summarise([{ sentAt: 1, answeredAt: 2, server: "rs1" }], 0, 10, []);
  const seen = { fromMs: 0, toMs: 10, meter, ownership: judge(replies(nodes), []), http: undefined };
  const unmoved = { takeovers: 0, overlapAfterMs: 0, movedMs: undefined, noticedMs: undefined };
  return { pair: "vipair", fault, active: "lb1", lastedMs: 10, seen, ...unmoved, ...more };
}
const missed = (fault: FaultName, nodes: string, more?: Partial<Endured>): string[] =>
  missedInFault(endured(fault, nodes, more), faults[fault]);

test("where nothing may move, a move and a second owner are missed bounds", () => {
  expect(missed("oneWay", "AAAAAA")).toEqual([]);
  expect(missed("oneWay", "AAAAAA", { takeovers: 1 })).toEqual(["ownership moved: 1 takeovers, seen from outside 0"]);
  expect(missed("oneWay", "AAABBB")).toEqual(["ownership moved: 0 takeovers, seen from outside 1"]);
  expect(missed("lossy", "AABABA")).toContain("two owners answered for 30 ms");
});

test("a gateway that only the active node does not reach moves ownership once", () => {
  expect(missed("gateway", "AAABBB", { takeovers: 1 })).toEqual([]);
  expect(missed("gateway", "AAAAAA")).toEqual(["moved not once: 0 takeovers, seen from outside 0"]);
});

test("when everything is parted both may serve, until it is healed", () => {
  expect(missed("parted", "ABABAA", { takeovers: 1, overlapAfterMs: 90 })).toEqual([]);
  expect(missed("parted", "ABABAA", { takeovers: 1, overlapAfterMs: 300 })).toHaveLength(1);
});

test("a third machine has to be noticed", () => {
  expect(missed("duplicate", "AAAAAA", { noticedMs })).toEqual([]);
  expect(missed("duplicate", "AAAAAA")).toEqual(["the third machine was not noticed in 11000 ms"]);
});
