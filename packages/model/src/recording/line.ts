import type { Instant } from "../duration.js";
import { digestOf } from "./digest.js";

/** The machines that are recorded. */
export type MachineName = "election" | "router" | "balance";

/** What a recording is of. */
export interface RecordingSubject {
  readonly machine: MachineName;
  readonly node: string;
  readonly version: string;
  /** What the machine knows from the configuration, and nothing secret; `null` when its state has all of it. */
  readonly config: unknown;
}

/** The line with which a recording begins, and begins anew after a gap: all that the lines after it start from. */
export interface Opening extends RecordingSubject {
  /** The wall clock: ISO 8601. */
  readonly at: string;
  readonly now: Instant;
  /** Steps before this line that were lost, because nobody took them in time. */
  readonly dropped: number;
  readonly state: unknown;
}

/** Longer effects are recorded as their digest: they are compared, never performed again. */
const wholeEffectLength = 256;

/** A value as JSON in ASCII, so that its length is its size. Sets and maps, which machines have in their states, are tagged. */
export const encodeValue = (value: unknown): string =>
  JSON.stringify(value, tagCollection).replace(/[\u007f-\uffff]/g, escapeCharacter);

/** @throws SyntaxError when it is no JSON */
export const decodeValue = (text: string): unknown => JSON.parse(text, untagCollection);

export function encodeEffect(effect: { readonly type: string }): string {
  const { length, digest } = digestOf(effect);
  return encodeValue(length <= wholeEffectLength ? effect : { type: effect.type, length, digest });
}

/** JSON has no `undefined`: as an element it would come back as `null`. */
const absent = { $undefined: true };

function tagCollection(_key: string, value: unknown): unknown {
  if (value instanceof Set) return { $set: [...value] };
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [key, item === undefined ? absent : item]) };
  return value;
}

function untagCollection(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$set" in value) return new Set(value.$set as unknown[]);
  if ("$map" in value) return new Map((value.$map as [unknown, unknown][]).map(([key, item]) => [key, present(item)]));
  return value;
}

const present = (item: unknown): unknown =>
  typeof item === "object" && item !== null && "$undefined" in item ? undefined : item;

const escapeCharacter = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
