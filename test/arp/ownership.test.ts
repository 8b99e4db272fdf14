import { expect, test } from "vitest";
import { judge, type Reply } from "./ownership.js";

const replies = (nodes: string): Reply[] => [...nodes].map((node, i) => ({ at: i * 10, node }));

test("a clean change of owner is no overlap", () => {
  const report = judge(replies("AAAAABBBB"), replies("BB"));
  expect(report).toMatchObject({
    overlap: false,
    overlapMs: 0,
    moves: 1,
    replies: { A: 5, B: 4 },
    announcements: { B: 2 },
  });
  expect(report.reigns).toEqual([
    { node: "A", fromMs: 0, toMs: 40, replies: 5 },
    { node: "B", fromMs: 50, toMs: 80, replies: 4 },
  ]);
});

test("two that answer the same questions share the address until one falls silent", () => {
  expect(judge(replies("AAABABABBB"), [])).toMatchObject({ overlap: true, overlapMs: 40, moves: 1 });
  const both = Array.from({ length: 100 }, (_, i) => ({ at: i * 10 + (i % 2), node: i % 2 === 0 ? "A" : "B" }));
  expect(judge([...replies("AAA"), ...both.map(({ at, node }) => ({ at: at + 30, node }))], [])).toMatchObject({
    overlap: true,
    overlapMs: 980,
  });
});

test("ownership that goes and comes back has moved twice, and never overlapped", () => {
  expect(judge(replies("AAAAABBBBBAAAA"), [])).toMatchObject({ overlap: false, moves: 2 });
});

test("silence is no overlap", () => {
  expect(judge([], [])).toMatchObject({ overlap: false, silenceMs: 0, moves: 0, reigns: [] });
  const late = replies("AAABBB").map(({ at, node }) => ({ at: node === "B" ? at + 300 : at, node }));
  expect(judge(late, [])).toMatchObject({ overlap: false, silenceMs: 310, moves: 1 });
});
