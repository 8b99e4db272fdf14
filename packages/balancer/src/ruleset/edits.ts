import { clientMap, tableName } from "./name.js";
import { clientMapType, type PersistentRules, persistentServices } from "./persistence.js";
import { renderTable } from "./render.js";
import { type Chain, type Ruleset, same, sameStructure } from "./ruleset.js";
import { choiceChains } from "./service.js";
import { policyChains } from "./stray.js";

/**
 * The smallest nft script that leads from one ruleset to the other: for each service where other servers get new
 * connections now, its chains are rewritten; counters, sets and all other chains stay. Empty when nothing differs. When
 * services or servers were added, removed or changed, everything is replaced but the maps of clients that stay the same;
 * `undefined` without such maps: the whole table has to be replaced.
 */
export function renderEdits(from: Ruleset, to: Ruleset): string | undefined {
  if (from.services.length !== to.services.length) return renderReplacement(from, to);
  const edits: string[] = [];
  for (const [i, service] of to.services.entries()) {
    const before = from.services[i];
    if (before === undefined || !sameStructure(before, service)) return renderReplacement(from, to);
    if (!same(before, service)) edits.push(...choiceChains(service).flatMap(rewrite));
  }
  const before = new Map(policyChains(from.strays));
  for (const [chain, rules] of policyChains(to.strays)) {
    if (!same(before.get(chain), rules)) edits.push(...rewrite([chain, rules]));
  }
  return edits.map((line) => `${line}\n`).join("");
}

function rewrite([name, rules]: Chain): readonly string[] {
  const chain = `inet ${tableName} ${name}`;
  return [`flush chain ${chain}`, ...rules.map((rule) => `add rule ${chain} ${rule}`)];
}

/** Whether the edits from one ruleset to the other leave all clients that are still to be remembered. */
export const keepsClients = (from: Ruleset, to: Ruleset): boolean => {
  const kept = keptMaps(from, to);
  return persistentServices(to).every(({ name }) => kept.has(clientMap(name)));
};

function renderReplacement(from: Ruleset, to: Ruleset): string | undefined {
  const kept = keptMaps(from, to);
  if (kept.size === 0) return undefined;
  const gone = [...renderTable(from).matchAll(declaration)]
    .map(([, kind = "", name = ""]) => ({ kind, object: `${kind} inet ${tableName} ${name}`, name }))
    .filter(({ kind, name }) => kind !== "map" || !kept.has(name));
  const lines = [
    `flush table inet ${tableName}`,
    // The elements of a map of verdicts hold their chains.
    ...gone.filter(({ kind }) => kind === "map").map(({ object }) => `flush ${object}`),
    ...gone.filter(({ kind }) => kind === "chain").map(({ object }) => `delete ${object}`),
    ...gone.filter(({ kind }) => kind !== "chain").map(({ object }) => `delete ${object}`),
  ];
  return `${lines.join("\n")}\n${renderTable(to)}`;
}

/** What {@link renderTable} declares. */
const declaration = /^ {2}(chain|map|set|counter) (\S+) \{/gm;

/** The maps of clients that are declared alike in both, for clients of the same prefix. */
function keptMaps(from: Ruleset, to: Ruleset): ReadonlySet<string> {
  const kind = (rules: PersistentRules) => [rules.persistence.prefix, ...clientMapType(rules)];
  const before = new Map(persistentServices(from).map((rules) => [rules.name, kind(rules)]));
  const kept = persistentServices(to).filter((rules) => same(before.get(rules.name), kind(rules)));
  return new Set(kept.map(({ name }) => clientMap(name)));
}
