import { type Ruleset, sameAddresses, sharedAddresses, type YoungRules, youngServices } from "@vipair/balancer";
import { type Young, type YoungConnection, youngCounts, youngSlots } from "@vipair/kernel";
import { formatHostPort } from "@vipair/model";

/** A rest is so many times as long as what went before it. */
const restShare = 4;

export interface YoungServices {
  readonly count: number;
  want(ruleset: Ruleset): void;
  counts(): ReadonlyMap<string, number>;
  /** What was wanted last is in the kernel after it. */
  settle(): void;
  hold(): void;
  release(): void;
  markOf(connection: YoungConnection): number;
  close(): void;
}

/** Keeps what the kernel has of services as the rules want it, within what has room there. */
export function openYoungServices(young: Young, refused: (error: string) => void): YoungServices {
  const served = new Map<string, YoungRules>();
  /** Of the listeners, also of former ones. */
  const marks = new Map<string, number>();
  /** Where the connections of each destination are counted, by the rules' counter. */
  const numbers = new Map<string, number>();
  let wanted: Ruleset | undefined;
  let shared: { readonly of: Ruleset; readonly addresses: ReadonlySet<string> } | undefined;
  let held = false;
  let due: NodeJS.Timeout | undefined;
  let restUntil = Number.NEGATIVE_INFINITY;

  const sharedIn = (ruleset: Ruleset): ReadonlySet<string> => {
    const addresses =
      shared !== undefined && sameAddresses(shared.of, ruleset) ? shared.addresses : sharedAddresses(ruleset);
    shared = { of: ruleset, addresses };
    return addresses;
  };
  /** A long one is followed by a rest, as that of the rules is: there are thousands of services whose servers come up. */
  const apply = (): void => {
    clearTimeout(due);
    due = undefined;
    const began = performance.now();
    reconcile();
    const ended = performance.now();
    restUntil = ended + restShare * (ended - began);
  };
  const reconcile = (): void => {
    const now = new Map<string, YoungRules>();
    if (!held && wanted !== undefined) {
      for (const rules of withRoom(youngServices(wanted, sharedIn(wanted)))) {
        now.set(formatHostPort(rules.listen), rules);
      }
    }
    for (const [listener, { listen }] of served) {
      if (now.has(listener)) continue;
      young.withdraw(listen);
      served.delete(listener);
    }
    for (const [listener, rules] of now) if (served.get(listener) !== rules) serve(listener, rules);
  };
  const serve = (listener: string, rules: YoungRules): void => {
    const { listen, mark, draw, slots, destinations } = rules;
    marks.set(listener, mark);
    const servers = destinations.map(({ counter, address }) => ({ address, number: numberOf(counter) }));
    const outcome = young.serve({ listen, draw, slots, servers });
    if (outcome.ok) {
      served.set(listener, rules);
      return;
    }
    young.withdraw(listen);
    served.delete(listener);
    refused(outcome.error);
  };
  const numberOf = (counter: string): number => {
    const number = numbers.get(counter) ?? numbers.size;
    numbers.set(counter, number);
    return number;
  };
  function* withRoom(all: readonly YoungRules[]): Generator<YoungRules> {
    let slots = 0;
    for (const rules of all) {
      const hasRoom =
        slots + rules.slots.length <= youngSlots && numbers.size + rules.destinations.length < youngCounts;
      if (!hasRoom) continue;
      slots += rules.slots.length;
      yield rules;
    }
  }

  return {
    get count() {
      return served.size;
    },
    want: (ruleset) => {
      wanted = ruleset;
      due ??= setTimeout(apply, Math.max(0, restUntil - performance.now()));
    },
    counts: () => {
      const counts = young.counts(numbers.size);
      return new Map([...numbers].map(([counter, number]) => [counter, counts[number] ?? 0]));
    },
    settle: apply,
    hold: () => {
      held = true;
      apply();
    },
    release: () => {
      held = false;
      apply();
    },
    markOf: ({ original: { destination, destinationPort } }) =>
      marks.get(formatHostPort({ address: destination, port: destinationPort })) ?? 0,
    close: () => clearTimeout(due),
  };
}
