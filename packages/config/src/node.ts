import type { Config, Node } from "@vipair/model";

/** The node of that name; `undefined` when the pair has none. */
export const findNode = ({ pair }: Config, name: string): Node | undefined =>
  pair.nodes.find((node) => node.name === name);

/** The other node, seen from the one of that name; `undefined` when the pair has no such node. */
export function findPeer(config: Config, name: string): Node | undefined {
  return findNode(config, name) && config.pair.nodes.find((node) => node.name !== name);
}
