import { cycleWeights, roundRobinSlots } from "../slots/roundRobin.js";
import { slotCount, sourceHashSlots } from "../slots/sourceHash.js";
import { stableHash } from "../stableHash.js";
import { serverChain, sorryChain } from "./name.js";
import type { BalancedRules } from "./ruleset.js";

/**
 * The rules of a service's chain: mark the connection, then choose a server. Without any, the packet falls through to
 * the input chain and is refused there.
 */
export function choiceRules(rules: BalancedRules): readonly string[] {
  const choice = renderChoice(rules);
  return choice === undefined ? [] : [`ct mark set 0x${rules.mark.toString(16)}`, choice];
}

function renderChoice(rules: BalancedRules): string | undefined {
  const { name, eligible, sorry } = rules;
  const [only] = eligible;
  if (only === undefined) return sorry === undefined ? undefined : `goto ${sorryChain(name)}`;
  if (eligible.length === 1) return `goto ${serverChain(name, only.name)}`;
  const slots = chooseSlots(rules);
  const targets = slotRanges(slots).map(([from, to, server]) => {
    const key = from === to ? `${from}` : `${from}-${to}`;
    return `${key} : goto ${serverChain(name, eligible[server]?.name ?? "")}`;
  });
  return `${renderKey(rules, slots.length)} vmap { ${targets.join(", ")} }`;
}

function chooseSlots({ name, scheduler, servers, eligible }: BalancedRules): readonly number[] {
  switch (scheduler) {
    case "roundRobin":
      return roundRobinSlots(eligible);
    case "random":
      return cycleWeights(eligible.map(({ weight }) => weight)).flatMap((weight, i) => Array(weight).fill(i));
    case "sourceHash":
      return sourceHashSlots(name, eligible, slotCount(servers.length));
  }
}

function renderKey({ name, scheduler, listen }: BalancedRules, count: number): string {
  switch (scheduler) {
    case "roundRobin":
      return `numgen inc mod ${count}`;
    case "random":
      return `numgen random mod ${count}`;
    case "sourceHash":
      return `jhash ${listen.address.family === 4 ? "ip" : "ip6"} saddr mod ${count} seed 0x${stableHash(name).toString(16)}`;
  }
}

/** Neighbouring slots of one server as `[first, last, server]`. */
function slotRanges(slots: readonly number[]): readonly (readonly [number, number, number])[] {
  const ranges: [number, number, number][] = [];
  for (const [slot, server] of slots.entries()) {
    const last = ranges.at(-1);
    if (last?.[2] === server) last[1] = slot;
    else ranges.push([slot, slot, server]);
  }
  return ranges;
}
