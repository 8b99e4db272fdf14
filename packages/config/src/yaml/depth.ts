import type { CST } from "yaml";

/** Deeper than any configuration, far shallower than the stack. */
export const maxDepth = 64;

/** The offset of the first collection found below {@link maxDepth} levels. Does not recurse itself. */
export function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  const stack: [token: CST.Token, depth: number][] = tokens.map((token) => [token, 0]);
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const [token, depth] = top;
    if (depth > maxDepth) return "offset" in token ? token.offset : 0;
    for (const inner of innerTokens(token)) stack.push([inner, depth + 1]);
  }
  return undefined;
}

function innerTokens(token: CST.Token): CST.Token[] {
  if (token.type === "document") return token.value === undefined ? [] : [token.value];
  if (!("items" in token)) return [];
  const inner: CST.Token[] = [];
  for (const { key, value } of token.items) {
    if (key !== undefined && key !== null) inner.push(key);
    if (value !== undefined) inner.push(value);
  }
  return inner;
}
