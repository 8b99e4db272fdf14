import { tableName } from "./name.js";
import type { Ruleset } from "./ruleset.js";
import { tableOf } from "./shared.js";
import { type Chain, type Element, joinParts, type NamedSet, type Part } from "./table.js";

/** The whole table as one nft script, which replaces what is there in one transaction. For nft 1.0.6 and later. */
export const renderRuleset = (ruleset: Ruleset): string =>
  `${renderRemoval()}${renderAdditions(joinParts(tableOf(ruleset)))}`;

/** Removes the table, if it is there. */
export const renderRemoval = (): string => `table inet ${tableName}\ndelete table inet ${tableName}\n`;

/** What comes into the table, which may be there: elements last, for they refer to chains and counters. */
export function renderAdditions({ counters, sets, chains, elements }: Part): string {
  const declarations = [
    ...counters.map((name) => `  counter ${name} { }`),
    ...sets.flatMap(renderSet),
    ...chains.flatMap(renderChain),
  ];
  const table = declarations.length === 0 ? [] : [`table inet ${tableName} {`, ...declarations, "}"];
  return lines([...table, ...renderElements("add", elements)]);
}

const renderSet = ({ kind, name, declaration }: NamedSet): readonly string[] =>
  renderBlock(`${kind} ${name}`, declaration);

const renderChain = ({ name, hook, rules }: Chain): readonly string[] =>
  renderBlock(`chain ${name}`, hook === undefined ? rules : [hook, ...rules]);

const renderBlock = (head: string, body: readonly string[]): readonly string[] => [
  `  ${head} {`,
  ...body.map((line) => `    ${line}`),
  "  }",
];

/** One command for each set. What is deleted is found by its key. */
export function renderElements(how: "add" | "delete", elements: readonly Element[]): readonly string[] {
  const sets = new Map<string, string[]>();
  for (const { set, key, value } of elements) {
    const list = sets.get(set) ?? [];
    sets.set(set, list);
    list.push(how === "delete" || value === "" ? key : `${key} : ${value}`);
  }
  return [...sets].map(([set, list]) => `${how} element inet ${tableName} ${set} { ${list.join(", ")} }`);
}

/** Each line ended. */
export const lines = (list: readonly string[]): string => list.map((line) => `${line}\n`).join("");
