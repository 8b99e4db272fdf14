/**
 * The operator's file, validated whole:
 *
 *   text ──> YAML ──> plain values + sites ──> shape (schema) ──> rules ──> the model's configuration
 *                                                 │                 │
 *                                                 └── complaints ───┴──> located in the text: problems
 *
 * Every stage says everything it can about the document, so that an operator sees all problems at once.
 */
import type { Config } from "@vipair/model";
import { buildConfig } from "./build.js";
import { readDraft } from "./draft.js";
import { type Complaint, type Finding, formatPath, type Problem } from "./problem.js";
import { checkRules } from "./rules/index.js";
import { checkShape } from "./shape.js";
import { readDocument, type YamlDocument } from "./yaml/document.js";
import { locate } from "./yaml/site.js";

export type ParseResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** A file with more problems than this is not the file that was meant. */
export const maxProblems = 1000;

/**
 * Reads a configuration. Never throws, whatever the text.
 *
 * @returns the configuration, or every problem in the order of the text; in both cases what is accepted without effect
 */
export function parseConfig(text: string): ParseResult {
  const document = readDocument(text);
  if (document.root === undefined)
    return { ok: false, problems: locateAll(text, document, document.findings), warnings: [] };
  const { value, site } = document.root;
  const shape = checkShape(value);
  const complaints = [...shape.complaints, ...checkRules(readDraft(value, shape.shaped))];
  const findings = (severity: Complaint["severity"]): Finding[] =>
    complaints.filter((complaint) => complaint.severity === severity).map((complaint) => locate(site, complaint));
  const warnings = locateAll(text, document, findings("warning"));
  const problems = locateAll(text, document, [...document.findings, ...findings("error")]);
  if (problems.length > 0 || shape.shaped === undefined) return { ok: false, problems, warnings };
  return { ok: true, config: buildConfig(shape.shaped), warnings };
}

/** Findings as problems, in the order of the text, each once. */
function locateAll(text: string, { lines }: YamlDocument, findings: readonly Finding[]): Problem[] {
  const unique = new Map<string, Finding>();
  for (const finding of findings) unique.set(`${finding.offset} ${finding.message}`, finding);
  const sorted = [...unique.values()].sort((a, b) => a.offset - b.offset).slice(0, maxProblems);
  return sorted.map(({ offset, path, message, severity }) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    const source = lineAt(text, lines.lineStarts[line - 1] ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1), path: formatPath(path), message, severity, source };
  });
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return text.slice(start, end === -1 ? undefined : end).replace(/\r$/, "");
}
