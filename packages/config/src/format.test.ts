import { describe, expect, it } from "vitest";
import { formatProblems } from "./format.js";
import type { Problem } from "./problem.js";

const problem = (column: number, source: string): Problem => ({
  line: 7,
  column,
  path: "pair",
  message: "expected text",
  severity: "error",
  source,
});

describe("formatProblems", () => {
  it("points at the place", () => {
    expect(formatProblems("a.yaml", [problem(3, "  x: 1"), { ...problem(1, "y"), severity: "warning" }])).toBe(
      "a.yaml:7:3: error: expected text\n    x: 1\n    ^\na.yaml:7:1: warning: expected text\n  y\n  ^\n",
    );
  });

  it("keeps tabs, so that the caret stays under the place", () => {
    expect(formatProblems("a", [problem(3, "\tx: 1")])).toContain("\n  \tx: 1\n  \t ^\n");
  });

  it("shows a part of a long line, and nothing that a terminal obeys", () => {
    const long = `${"a".repeat(1000)}!${"b".repeat(1000)}`;
    const [, excerpt = "", caret = ""] = formatProblems("a", [problem(1001, long)]).split("\n");
    expect(excerpt.length).toBeLessThan(200);
    expect(excerpt[caret.length - 1]).toBe("!");
    expect(formatProblems("a", [problem(1, "\u001b[31mred")])).not.toContain("\u001b");
  });

  it("is empty without problems", () => expect(formatProblems("a", [])).toBe(""));
});
