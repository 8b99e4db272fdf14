import type { Instant } from "../duration.js";
import { decodeValue, encodeValue, type Opening } from "./line.js";

/** Reads the lines of a recording, one after the other. */
export interface RecordingReader {
  read(line: string): RecordedLine;
}

export type RecordedLine =
  | { readonly type: "opening"; readonly opening: Opening }
  | { readonly type: "step"; readonly step: RecordedStep }
  /** No line of a recording, or one that stands for what was not read before. */
  | { readonly type: "unreadable" };

export interface RecordedStep {
  readonly now: Instant;
  readonly event: unknown;
  /** Each as `encodeEffect` writes it. */
  readonly effects: readonly string[];
}

export function openReader(): RecordingReader {
  const last = { events: new Map<string, string>(), effects: new Map<string, string>() };

  const readStep = ({ now, event, effects = [] }: StepLine): RecordedStep => ({
    now,
    event: decodeValue(lengthen(last.events, event)),
    effects: effects.map((effect) => lengthen(last.effects, effect)),
  });
  const readLine = (line: string): RecordedLine => {
    const raw: unknown = JSON.parse(line);
    if (isOpening(raw)) {
      last.events.clear();
      last.effects.clear();
      return { type: "opening", opening: decodeValue(line) as Opening };
    }
    return isStep(raw) ? { type: "step", step: readStep(raw) } : { type: "unreadable" };
  };
  return {
    read: (line) => {
      try {
        return readLine(line);
      } catch {
        return { type: "unreadable" };
      }
    },
  };
}

type Shortened = string | { readonly type: string };

interface StepLine {
  readonly now: Instant;
  readonly event: Shortened;
  readonly effects?: readonly Shortened[];
}

const isOpening = (raw: unknown): boolean =>
  isObject(raw) && typeof raw.machine === "string" && typeof raw.now === "number" && raw.state !== undefined;

const isStep = (raw: unknown): raw is StepLine =>
  isObject(raw) &&
  typeof raw.now === "number" &&
  isShortened(raw.event) &&
  (raw.effects === undefined || (Array.isArray(raw.effects) && raw.effects.every(isShortened)));

const isShortened = (value: unknown): value is Shortened =>
  typeof value === "string" || (isObject(value) && typeof value.type === "string");

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** The text that a value had, or stands for. */
function lengthen(last: Map<string, string>, value: Shortened): string {
  if (typeof value !== "string") {
    const text = encodeValue(value);
    last.set(value.type, text);
    return text;
  }
  const known = last.get(value);
  if (known === undefined) throw new Error(`no ${value} before`);
  return known;
}
