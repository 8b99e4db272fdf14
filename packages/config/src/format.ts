import type { Problem } from "./problem.js";

/** As much of a line as a terminal shows. */
const shown = 160;

/**
 * Writes problems the way compilers do, each with the line it points to and a caret under the place:
 *
 * ```
 * vipair.yaml:7:15: error: expected a whole number from 1 to 254, found 300
 *       priority: 300
 *                 ^
 * ```
 */
export function formatProblems(file: string, problems: readonly Problem[]): string {
  return problems.map((problem) => formatProblem(file, problem)).join("");
}

function formatProblem(file: string, { line, column, severity, message, source }: Problem): string {
  const start = column > shown ? column - shown / 2 : 0;
  const excerpt = printable(source.slice(start, start + shown));
  const caret = `${printable(source.slice(start, column - 1)).replace(/[^\t]/g, " ")}^`;
  return `${file}:${line}:${column}: ${severity}: ${message}\n  ${excerpt}\n  ${caret}\n`;
}

/** Control characters, which a terminal would obey, become spaces. */
const printable = (text: string): string => text.replace(/[^\P{C}\t]/gu, " ");
