import { remember } from "../remember.js";
import { stableHash } from "../stableHash.js";

/** What tells values apart that are not written down. */
export interface Digest {
  /** About as many characters as the value has as JSON. */
  readonly length: number;
  readonly digest: number;
}

/** Equal values, as JSON has them, have equal digests: a property that is `undefined` is none. */
export function digestOf(value: unknown): Digest {
  if (typeof value !== "object" || value === null) return digestOfText(JSON.stringify(value) ?? "null");
  return digestOfObject(value);
}

/** Most of a large value is the same in the next one. */
const digestOfObject = remember(
  (value: object): Digest => (Array.isArray(value) ? digestOfList(value) : digestOfParts(partsOf(value))),
);

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

const sumOf = (list: readonly unknown[]): Sum =>
  list.reduce<Sum>((sum, item, index) => count(sum, 1, item, index), { length: 2, sum: 0 });

function sumOfLarge(list: readonly unknown[]): Sum {
  const sum = former?.list.length === list.length ? edit(former.sum, former.list, list) : sumOf(list);
  former = { list, sum };
  return sum;
}

/** Looks into those items alone that the former list did not have in their place. */
const edit = (sum: Sum, former: readonly unknown[], list: readonly unknown[]): Sum =>
  list.reduce<Sum>((edited, item, index) => {
    const before = former[index];
    return before === item ? edited : count(count(edited, -1, before, index), 1, item, index);
  }, sum);

/** An item comes, or goes. */
function count({ length, sum }: Sum, by: 1 | -1, item: unknown, index: number): Sum {
  const { length: own, digest } = digestOf(item ?? null);
  return { length: length + by * (own + 1), sum: (sum + by * placed(digest, index)) | 0 };
}

/** The same item in another place counts as another. */
const placed = (digest: number, index: number): number =>
  Math.imul(digest ^ Math.imul(index + 1, 0x9e37_79b1), 0x85eb_ca6b);

function partsOf(value: object): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value].map((item, index) => [index, item]);
  return Object.entries(value);
}
