import { expect, test } from "vitest";
import { judge, type Reply } from "./ownership.js";

const replies = (nodes: string): Reply[] => [...nodes].map((node, i) => ({ at: i * 10, node }));

test("a clean change of owner is no overlap", () => {
  const report = judge(replies("AAAAABBBB"), replies("BB"));
  expect(report).toMatchObject({ overlap: false, overlapMs: 0, replies: { A: 5, B: 4 }, announcements: { B: 2 } });
  expect(report.reigns).toEqual([
    { node: "A", fromMs: 0, toMs: 40, replies: 5 },
    { node: "B", fromMs: 50, toMs: 80, replies: 4 },
  ]);
});

test("an owner that answers after another has begun is an overlap, up to its last answer", () => {
  expect(judge(replies("AAABABABBB"), [])).toMatchObject({ overlap: true, overlapMs: 30 });
});

test("silence is no overlap", () => {
  expect(judge([], [])).toMatchObject({ overlap: false, reigns: [] });
});
