import { serviceChain, tableName } from "./name.js";
import { type Ruleset, type ServiceRules, same, sameStructure } from "./ruleset.js";
import { serviceRules } from "./service.js";

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
    if (!same(before, service)) edits.push(...renderEdit(service));
  }
  return edits.map((line) => `${line}\n`).join("");
}

function renderEdit(service: ServiceRules): readonly string[] {
  const chain = `inet ${tableName} ${serviceChain(service.name)}`;
  return [`flush chain ${chain}`, ...serviceRules(service).map((rule) => `add rule ${chain} ${rule}`)];
}
