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
    digest = Array.isArray(value) ? digestOfList(value) : digestOfParts(partsOf(value));
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

/** A list's digest is found from this sum over its items. */
interface Sum {
  readonly length: number;
  readonly sum: number;
}

const largeItems = 256;
/** The last large list: thousands of services are another list after each change of one of them. */
let former: { readonly list: readonly unknown[]; readonly sum: Sum } | undefined;

function digestOfList(list: readonly unknown[]): Digest {
  const sum = list.length < largeItems ? sumOf(list) : sumOfLarge(list);
  return { length: sum.length, digest: stableHash(`${list.length}:${sum.sum}`) };
}

const sumOf = (list: readonly unknown[]): Sum => list.reduce<Sum>(addItem, { length: 2, sum: 0 });

/** Looks into those items alone that the former list did not have in their place. */
function sumOfLarge(list: readonly unknown[]): Sum {
  const known = former?.list.length === list.length ? former : undefined;
  let sum: Sum = known?.sum ?? sumOf(list);
  if (known !== undefined) {
    for (const [index, item] of list.entries()) {
      const before = known.list[index];
      if (before !== item) sum = addItem(takeItem(sum, before, index), item, index);
    }
  }
  former = { list, sum };
  return sum;
}

function addItem({ length, sum }: Sum, item: unknown, index: number): Sum {
  const { length: own, digest } = digestOf(item ?? null);
  return { length: length + own + 1, sum: (sum + placed(digest, index)) | 0 };
}

function takeItem({ length, sum }: Sum, item: unknown, index: number): Sum {
  const { length: own, digest } = digestOf(item ?? null);
  return { length: length - own - 1, sum: (sum - placed(digest, index)) | 0 };
}

/** The same item in another place counts as another. */
const placed = (digest: number, index: number): number =>
  Math.imul(digest ^ Math.imul(index + 1, 0x9e37_79b1), 0x85eb_ca6b);

function partsOf(value: object): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value].map((item, index) => [index, item]);
  return Object.entries(value);
}
