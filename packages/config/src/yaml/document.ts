/**
 * From text to plain values. Every value keeps its *site*, the place in the text where it was written, so that whoever
 * complains about it later can point there.
 *
 *   text ──Parser──> tokens ──depth checked──Composer──> nodes ──PlainReader──> plain values + sites
 *
 * The text may come from anywhere. Three limits keep a hostile one harmless: its size, the depth of its nesting (the
 * composer recurses, and a stack that overflows inside a regular expression kills the process), and the number of
 * values after aliases are expanded (ten nested aliases make a billion values out of a few lines).
 */
import { Composer, LineCounter, Parser } from "yaml";
import type { Finding } from "../problem.js";
import { tooDeep } from "./depth.js";
import { readPlain } from "./plain.js";
import type { Site } from "./site.js";

/** Characters; a configuration of 10,000 services has about 3 million. */
export const maxTextLength = 8 * 1024 * 1024;

export interface YamlDocument {
  readonly lines: LineCounter;
  /** The root, or `undefined` when the text is no YAML. */
  readonly root: { readonly value: unknown; readonly site: Site } | undefined;
  readonly findings: readonly Finding[];
}

/** Reads one YAML document; never throws. */
export function readDocument(text: string): YamlDocument {
  const lines = new LineCounter();
  const only = (offset: number, message: string): YamlDocument => ({
    lines,
    root: undefined,
    findings: [error(offset, message)],
  });
  if (text.length > maxTextLength) return only(0, `the file is longer than ${maxTextLength} characters`);
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tooDeep(tokens);
  if (deep !== undefined) return only(deep, "the document is nested too deeply");
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, version: "1.2", keepSourceTokens: false });
  const [first, second] = [...composer.compose(tokens, true, text.length)];
  if (first === undefined) return only(0, "the file is empty");
  const findings = [...first.errors, ...first.warnings].map(({ pos, message }) => error(pos[0], message));
  if (second !== undefined) findings.push(error(second.range[0], "the file must hold a single YAML document"));
  if (findings.length > 0) return { lines, root: undefined, findings };
  if (first.contents === null) return only(0, "the file is empty");
  const plain = readPlain(first.contents);
  return { lines, root: plain.value === undefined ? undefined : plain, findings: plain.findings };
}

const error = (offset: number, message: string): Finding => ({ offset, path: [], message, severity: "error" });
