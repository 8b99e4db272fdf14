export type Severity = "error" | "warning";

/** Something about the operator's file that is wrong, or has no effect. Line and column are 1-based. */
export interface Problem {
  readonly line: number;
  /** In UTF-16 code units, as editors count. */
  readonly column: number;
  /** `services.owa.servers.ex1.weight`, `pair.track[1]`; empty for the file as a whole. */
  readonly path: string;
  /** One sentence without a full stop, for people. */
  readonly message: string;
  readonly severity: Severity;
  /** The line of the file that it points to. */
  readonly source: string;
}

/** The way from the root of the document to a value: keys of mappings and indexes of lists. */
export type Path = readonly (string | number)[];

/**
 * Where a complaint points: to the key, to the value, or to a collection as a whole (its opening bracket, or the key
 * that introduces it when it is written as a block).
 */
export type Aim = "key" | "value" | "collection";

/** A problem before it is located in the text. */
export interface Complaint {
  readonly path: Path;
  readonly aim: Aim;
  readonly message: string;
  readonly severity: Severity;
}

/** A problem at an offset of the text. */
export interface Finding {
  readonly offset: number;
  readonly path: Path;
  readonly message: string;
  readonly severity: Severity;
}

export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = /^[\w-]{1,64}$/.test(step) ? step : quote(step);
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** Text as it may stand in a message: quoted, on one line, of bounded length. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

/** What was found where something else was expected. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return typeof value === "string" ? quote(value) : String(value);
}
