import { stableHash } from "@vipair/model";
import { cycleWeights, roundRobinSlots } from "../slots/roundRobin.js";
import { slotCount, sourceHashSlots } from "../slots/sourceHash.js";
import type { BalancedRules } from "./ruleset.js";

/**
 * Draws a slot as the scheduler says, and maps it to what stands for the slot's server: a value (`map`) or a verdict
 * (`vmap`). There is at least one server to draw.
 */
export function renderDraw(rules: BalancedRules, kind: "map" | "vmap", target: (server: string) => string): string {
  const { eligible } = rules;
  const slots = chooseSlots(rules);
  const targets = slotRanges(slots).map(([from, to, server]) => {
    const key = from === to ? `${from}` : `${from}-${to}`;
    return `${key} : ${target(eligible[server]?.name ?? "")}`;
  });
  return `${renderKey(rules, slots.length)} ${kind} { ${targets.join(", ")} }`;
}

/** Of one cycle of draws, the place in `eligible` of the server of each. */
export function chooseSlots({ name, scheduler, servers, eligible }: BalancedRules): readonly number[] {
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
