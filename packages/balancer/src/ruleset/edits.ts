import { serviceChain, tableName } from "./name.js";
import { type Ruleset, same, sameStructure } from "./ruleset.js";
import { serviceRules } from "./service.js";
import { policyChains } from "./stray.js";

/**
 * The smallest nft script that leads from one ruleset to the other: for each service where other servers get new
 * connections now, its chain is rewritten; counters, sets and all other chains stay. Empty when nothing differs,
 * `undefined` when services or servers were added, removed or changed and the whole table has to be replaced.
 */
export function renderEdits(from: Ruleset, to: Ruleset): string | undefined {
  if (from.services.length !== to.services.length) return undefined;
  const edits: string[] = [];
  for (const [i, service] of to.services.entries()) {
    const before = from.services[i];
    if (before === undefined || !sameStructure(before, service)) return undefined;
    if (!same(before, service)) edits.push(...rewrite(serviceChain(service.name), serviceRules(service)));
  }
  const before = new Map(policyChains(from.strays));
  for (const [chain, rules] of policyChains(to.strays)) {
    if (!same(before.get(chain), rules)) edits.push(...rewrite(chain, rules));
  }
  return edits.map((line) => `${line}\n`).join("");
}

function rewrite(name: string, rules: readonly string[]): readonly string[] {
  const chain = `inet ${tableName} ${name}`;
  return [`flush chain ${chain}`, ...rules.map((rule) => `add rule ${chain} ${rule}`)];
}
