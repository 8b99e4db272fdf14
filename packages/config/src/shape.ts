import { z } from "zod";
import { type Complaint, describe, type Path, quote } from "./problem.js";
import { configSchema, type Shaped } from "./schema/config.js";
import { suggest } from "./suggestion.js";
import { unreadable } from "./yaml/plain.js";

/** What the schema says of a document: its values when all are right, and everything that is wrong. */
export interface ShapeResult {
  readonly shaped: Shaped | undefined;
  readonly complaints: readonly Complaint[];
}

type Issue = z.core.$ZodIssue;

/** Checks types, ranges and keys. What several keys say together is for the rules. */
export function checkShape(value: unknown): ShapeResult {
  const result = configSchema.safeParse(value, { error: explain, reportInput: true });
  if (result.success) return { shaped: result.data, complaints: [] };
  return { shaped: undefined, complaints: result.error.issues.flatMap((issue) => complaints(issue, [])) };
}

function complaints(issue: Issue, base: Path): Complaint[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  if (issue.input === unreadable) return [];
  const one = (aim: Complaint["aim"], message: string): Complaint[] => [{ path, aim, message, severity: "error" }];
  if (issue.code === "unrecognized_keys") return unknownKeys(issue, path);
  if (issue.code === "invalid_union") {
    const branch = likeliest(issue.errors);
    return branch === undefined ? one("value", issue.message) : branch.flatMap((inner) => complaints(inner, path));
  }
  if (issue.code !== "invalid_type" && issue.code !== "invalid_value") return one("value", issue.message);
  const last = path.at(-1);
  if (issue.input === undefined && typeof last === "string")
    return one("collection", `the key ${quote(last)} is missing`);
  if (issue.input === null && typeof last === "string") return one("key", `${quote(last)} has no value`);
  return one("value", issue.message);
}

/** The one form of a union that the value has in outline; `undefined` when it has none or several. */
function likeliest(branches: readonly Issue[][]): Issue[] | undefined {
  const similar = branches.filter(([first]) => first !== undefined && !(first.path.length === 0 && isOutline(first)));
  return similar.length === 1 ? similar[0] : undefined;
}

const isOutline = ({ code }: Issue): boolean =>
  code === "invalid_type" || code === "invalid_value" || code === "invalid_union";

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, path: Path): Complaint[] {
  const messages = issue.message.split("\n");
  return issue.keys.map((key, index) => ({
    path: [...path, key],
    aim: "key",
    message: messages[index] ?? `unknown key ${quote(key)}`,
    severity: "error",
  }));
}

/** The text of an issue that its schema does not explain itself. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${typeName(issue.expected)}, found ${describe(issue.input)}`;
    case "invalid_value":
      return explainChoice(issue.values.map(String), issue.input);
    case "too_small":
      return explainBound("at least", Number(issue.minimum), issue);
    case "too_big":
      return explainBound("at most", Number(issue.maximum), issue);
    // One line for every key: quoting keeps line breaks out of them.
    case "unrecognized_keys":
      return issue.keys.map((key) => explainKey(key, knownKeys(issue.inst))).join("\n");
    default:
      return undefined;
  }
}

function explainBound(bound: string, limit: number, { origin, input }: { origin: string; input?: unknown }): string {
  if (origin === "array") return `expected ${bound} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  if (origin === "string") return `expected ${bound} ${limit} ${limit === 1 ? "character" : "characters"}`;
  return `expected ${bound} ${limit}, found ${describe(input)}`;
}

function explainChoice(choices: readonly string[], input: unknown): string {
  const meant = typeof input === "string" ? suggest(input, choices) : undefined;
  const list = choices.length === 1 ? choices[0] : `one of ${choices.join(", ")}`;
  return `expected ${list}, found ${describe(input)}${didYouMean(meant)}`;
}

const explainKey = (key: string, known: readonly string[]): string =>
  `unknown key ${quote(key)}${didYouMean(suggest(key, known))}`;

const didYouMean = (word: string | undefined): string => (word === undefined ? "" : `; did you mean ${quote(word)}?`);

const knownKeys = (schema: unknown): string[] => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []);

function typeName(expected: string): string {
  switch (expected) {
    case "object":
    case "record":
      return "a mapping";
    case "array":
      return "a list";
    case "int":
    case "number":
      return "a whole number";
    case "boolean":
      return "true or false";
    case "string":
      return "text";
    default:
      return expected;
  }
}
