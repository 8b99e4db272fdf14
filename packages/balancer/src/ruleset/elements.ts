import type { Endpoint, Family } from "@vipair/model";

/** An endpoint as nft spells the key of our sets and maps: `198.51.100.10 . tcp . 443`. */
export const elementKey = ({ address, protocol, port }: Endpoint): string => `${address.text} . ${protocol} . ${port}`;

export const ofFamily = (endpoints: readonly Endpoint[], family: Family): readonly Endpoint[] =>
  endpoints.filter(({ address }) => address.family === family);

/** A named set or map with its type; nft does not take an empty list of elements. */
export function renderNamed(head: string, type: string, elements: readonly string[]): readonly string[] {
  const unique = [...new Set(elements)];
  const list =
    unique.length === 0 ? [] : ["    elements = {", ...unique.map((element) => `      ${element},`), "    }"];
  return [`  ${head} {`, `    type ${type}`, ...list, "  }"];
}

/** A chain with its rules, one a line. */
export const renderChain = (name: string, rules: readonly string[]): readonly string[] => [
  `  chain ${name} {`,
  ...rules.map((rule) => `    ${rule}`),
  "  }",
];
