/**
 * The nft table as a value: what nft is told, and what can be compared. It consists of parts, one for each service and
 * others for what services have in common. A part that did not change is the same object in both of two tables and is
 * not looked into, so that the cost of a change does not grow with what stays.
 */
export type Table = readonly Part[];

/** Counters, sets and chains are in one part of a table alone; the same element may be in several. */
export interface Part {
  /** Names. */
  readonly counters: readonly string[];
  readonly sets: readonly NamedSet[];
  readonly chains: readonly Chain[];
  readonly elements: readonly Element[];
}

export interface NamedSet {
  readonly kind: "set" | "map";
  readonly name: string;
  /** In nft's words: `type ipv4_addr : mark`, `size 1000`. */
  readonly declaration: readonly string[];
}

export interface Chain {
  readonly name: string;
  /** Where a base chain is, in nft's words. */
  readonly hook?: string;
  /** In nft's words. */
  readonly rules: readonly string[];
}

/** An element that is in the set by our will; packets may put others there. */
export interface Element {
  readonly set: string;
  readonly key: string;
  /** What a map has for the key, empty in a set. Of the values that several parts have, the least counts. */
  readonly value: string;
}

export const joinParts = (parts: readonly Partial<Part>[]): Part => ({
  counters: parts.flatMap(({ counters = [] }) => counters),
  sets: parts.flatMap(({ sets = [] }) => sets),
  chains: parts.flatMap(({ chains = [] }) => chains),
  elements: [...unite(parts.flatMap(({ elements = [] }) => elements)).values()],
});

/** Each element once, by its place. */
export function unite(elements: readonly Element[]): ReadonlyMap<string, Element> {
  const united = new Map<string, Element>();
  for (const element of elements) {
    const place = `${element.set} ${element.key}`;
    const other = united.get(place);
    if (other === undefined || element.value < other.value) united.set(place, element);
  }
  return united;
}
