import { differenceOf } from "./difference.js";
import { tableName } from "./name.js";
import { clientMapOf, persistentServices } from "./persistence.js";
import { lines, renderAdditions, renderElements } from "./render.js";
import { type Ruleset, same } from "./ruleset.js";
import { tableOf } from "./shared.js";
import type { Table } from "./table.js";

/**
 * The nft script, one transaction, that leads from one ruleset to the other. What is the same in both stays as it is:
 * counters keep their values, and maps what packets have put into them. Empty when nothing differs.
 */
export const renderEdits = (from: Ruleset, to: Ruleset): string => editTable(tableOf(from), tableOf(to));

/** Whether the edits from one ruleset to the other leave all clients that are still to be remembered. */
export function keepsClients(from: Ruleset, to: Ruleset): boolean {
  const before = new Map(persistentServices(from).map((rules) => [rules.name, clientMapOf(rules)]));
  return persistentServices(to).every((rules) => same(before.get(rules.name), clientMapOf(rules)));
}

/**
 * The script that leads from one table to the other. What refers to something goes before that, and comes after it:
 *
 *     elements ── rules ── sets, chains, counters go │ counters, sets, chains ── rules ── elements come
 */
export function editTable(from: Table, to: Table): string {
  const { gone, come } = differenceOf(from, to);
  const hooks = new Map(come.chains.map(({ name, hook }) => [name, hook]));
  const removed = gone.chains.filter(({ name, hook }) => !hooks.has(name) || hooks.get(name) !== hook);
  const removals = [
    ...renderElements("delete", gone.elements),
    ...gone.chains.map(({ name }) => `flush chain inet ${tableName} ${name}`),
    ...gone.sets.map(({ kind, name }) => `delete ${kind} inet ${tableName} ${name}`),
    ...removed.map(({ name }) => `delete chain inet ${tableName} ${name}`),
    ...gone.counters.map((name) => `delete counter inet ${tableName} ${name}`),
  ];
  return `${lines(removals)}${renderAdditions(come)}`;
}
