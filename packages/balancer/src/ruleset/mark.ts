import { flowMark, stableHash } from "@vipair/model";

const numbers = 0x1_0000;

/**
 * The conntrack mark of each service's connections, by name: `flowMark` with a 16-bit number of the service below it.
 * The number is a hash of the name, so that both nodes agree on it and it survives reloads; of names that collide, the
 * later in sorted order takes the next free number.
 *
 * @throws RangeError with more services than there are numbers.
 */
export function serviceMarks(names: Iterable<string>): ReadonlyMap<string, number> {
  const sorted = [...new Set(names)].sort();
  if (sorted.length > numbers) throw new RangeError(`${sorted.length} services, at most ${numbers}`);
  const taken = new Set<number>();
  const marks = new Map<string, number>();
  for (const name of sorted) {
    let number = stableHash(name) % numbers;
    while (taken.has(number)) number = (number + 1) % numbers;
    taken.add(number);
    marks.set(name, (flowMark | number) >>> 0);
  }
  return marks;
}

/** The mark of one service among `names`; throws when it is none of them. */
export function serviceMark(name: string, names: Iterable<string>): number {
  const mark = serviceMarks(names).get(name);
  if (mark === undefined) throw new RangeError(`no service ${name}`);
  return mark;
}
