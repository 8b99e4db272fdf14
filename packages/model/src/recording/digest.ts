import { stableHash } from "../stableHash.js";

/** What tells values apart that are not written down. */
export interface Digest {
  /** About as many characters as the value has as JSON. */
  readonly length: number;
  readonly digest: number;
}

/** Machines do not change what they have made, so neither does what was found of it: most of a large value is the same in the next one. */
const found = new WeakMap<object, Digest>();

/** Equal values, as JSON has them, have equal digests: a property that is `undefined` is none. */
export function digestOf(value: unknown): Digest {
  if (typeof value !== "object" || value === null) return digestOfText(JSON.stringify(value) ?? "null");
  let digest = found.get(value);
  if (digest === undefined) {
    digest = digestOfParts(partsOf(value));
    found.set(value, digest);
  }
  return digest;
}

const digestOfText = (text: string): Digest => ({ length: text.length, digest: stableHash(text) });

function digestOfParts(parts: readonly (readonly [name: unknown, value: unknown])[]): Digest {
  let length = 2;
  let text = "";
  for (const [name, value] of parts) {
    if (value === undefined) continue;
    // Nothing has to be found out of a name that is text already.
    const label = typeof name === "string" ? name : `${digestOf(name).digest}`;
    const { length: own, digest } = digestOf(value);
    length += label.length + own + 4;
    text += `${label}:${digest},`;
  }
  return { length, digest: stableHash(text) };
}

function partsOf(value: object): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value].map((item, index) => [index, item]);
  return Object.entries(value);
}
