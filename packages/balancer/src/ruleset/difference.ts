import { same } from "./ruleset.js";
import { type Chain, type Element, joinParts, type Part, type Table, unite } from "./table.js";

/** What is in the one table and not, or not the same, in the other. */
export interface Difference {
  readonly gone: Part;
  readonly come: Part;
}

/**
 * Looks only into parts that the tables do not have in common, but for elements, which others of their parts may have, too.
 * A set that is declared differently is another set: its elements, and the chains that look something up in it, differ as
 * well.
 */
export function differenceOf(from: Table, to: Table): Difference {
  const [before, after] = [joinParts(without(from, to)), joinParts(without(to, from))];
  const sets = compare(named(before.sets), named(after.sets));
  const staying = named(sets.gone);
  const replaced = new Set(sets.come.map(({ name }) => name).filter((name) => staying.has(name)));
  const counters = compare(new Map(before.counters.map(itself)), new Map(after.counters.map(itself)));
  const chains =
    replaced.size === 0
      ? compare(named(before.chains), named(after.chains))
      : compare(named(from.flatMap(chainsOf)), named(to.flatMap(chainsOf)), (chain) => looksUp(chain, replaced));
  const own = compare(unite(before.elements), unite(after.elements));
  const keys = new Set([...own.gone, ...own.come].map(({ key }) => key));
  const elementsOf = (table: Table): ReadonlyMap<string, Element> =>
    unite(table.flatMap(({ elements }) => elements.filter(({ set, key }) => keys.has(key) || replaced.has(set))));
  const elements = compare(elementsOf(from), elementsOf(to), ({ set }) => replaced.has(set));
  return {
    gone: { counters: counters.gone, sets: sets.gone, chains: chains.gone, elements: elements.gone },
    come: { counters: counters.come, sets: sets.come, chains: chains.come, elements: elements.come },
  };
}

function without(table: Table, other: Table): Table {
  const common = new Set(other);
  return table.filter((part) => !common.has(part));
}

const chainsOf = ({ chains }: Part) => chains;
const itself = (name: string) => [name, name] as const;

const named = <Named extends { readonly name: string }>(list: readonly Named[]): ReadonlyMap<string, Named> =>
  new Map(list.map((one) => [one.name, one]));

/** @param differs of what is the same in both: whether it counts as different nonetheless */
function compare<Value>(
  before: ReadonlyMap<string, Value>,
  after: ReadonlyMap<string, Value>,
  differs: (value: Value) => boolean = () => false,
): { readonly gone: readonly Value[]; readonly come: readonly Value[] } {
  const lacks = (other: ReadonlyMap<string, Value>, name: string, value: Value) =>
    !same(value, other.get(name)) || differs(value);
  return {
    gone: [...before].filter(([name, value]) => lacks(after, name, value)).map(([, value]) => value),
    come: [...after].filter(([name, value]) => lacks(before, name, value)).map(([, value]) => value),
  };
}

const looksUp = ({ rules }: Chain, sets: ReadonlySet<string>): boolean =>
  rules.some((rule) => rule.split(" ").some((word) => word.startsWith("@") && sets.has(word.slice(1))));
