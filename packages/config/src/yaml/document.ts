/**
 * From text to plain values. Every value keeps its *site*, the place in the text where it was written, so that whoever
 * complains about it later can point there.
 *
 *   text ──Parser──> tokens ──depth checked──Composer──> nodes ──PlainReader──> plain values + sites
 *
 * The text may come from anywhere. Limits keep a hostile one harmless: on its length, its lines and brackets (which
 * cost far more time than other characters), the depth of its nesting (the composer recurses, and a stack that overflows
 * inside a regular expression kills the process), and the number of values after aliases are expanded (ten nested
 * aliases make a billion values out of a few lines).
 */
import { Composer, LineCounter, Parser } from "yaml";
import type { Finding } from "../problem.js";
import { tooDeep } from "./depth.js";
import { readPlain } from "./plain.js";
import type { Site } from "./site.js";

/** Characters; a configuration of 10,000 services has less than 2 million. */
export const maxTextLength = 4 * 1024 * 1024;

/** Lines, brackets and commas together; a configuration of 10,000 services has about 150,000. */
export const maxPieces = 250_000;

export interface YamlDocument {
  readonly lines: LineCounter;
  /** The root, or `undefined` when the text is no YAML. */
  readonly root: { readonly value: unknown; readonly site: Site } | undefined;
  readonly findings: readonly Finding[];
}

/** Reads one YAML document; never throws. */
export function readDocument(text: string): YamlDocument {
  const lines = countLines(text);
  const only = (offset: number, message: string): YamlDocument => ({
    lines,
    root: undefined,
    findings: [error(offset, message)],
  });
  if (text.length > maxTextLength) return only(0, `the file is longer than ${maxTextLength} characters`);
  if (hasTooManyPieces(text)) return only(0, `the file has more than ${maxPieces} lines, brackets and commas`);
  const tokens = [...new Parser().parse(text)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) return only(deep, "the document is nested too deeply");
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, version: "1.2", keepSourceTokens: false });
  const [first, second] = [...composer.compose(tokens, true, text.length)];
  if (first === undefined) return only(0, "the file is empty");
  const findings = [...first.errors, ...first.warnings].map(({ pos, message }) =>
    error(pos[0], `${message}${hint(text, pos[0])}`),
  );
  if (second !== undefined) findings.push(error(second.range[0], "the file must hold a single YAML document"));
  if (findings.length > 0) return { lines, root: undefined, findings };
  if (first.contents === null) return only(0, "the file is empty");
  const plain = readPlain(first.contents);
  return { lines, root: plain.value === undefined ? undefined : plain, findings: plain.findings };
}

function hasTooManyPieces(text: string): boolean {
  let pieces = 0;
  for (const _ of text.matchAll(/[\n,[\]{}]/g)) if (++pieces > maxPieces) return true;
  return false;
}

/** The lines of the text; the parser itself loses count in a quoted text that is never closed. */
function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines.addNewLine(at + 1);
  return lines;
}

/** Brackets begin a list, so an IPv6 endpoint without quotes is no YAML. */
function hint(text: string, offset: number): string {
  const before = text.slice(Math.max(0, offset - 50), offset);
  return /\[[0-9A-Fa-f:.]{2,45}\]$/.test(before) ? "; an IPv6 endpoint needs quotes" : "";
}

const error = (offset: number, message: string): Finding => ({ offset, path: [], message, severity: "error" });
