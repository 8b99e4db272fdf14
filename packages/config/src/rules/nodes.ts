import { isLinkLocal } from "@vipair/model";
import type { Rule } from "./rule.js";

/** A pair has two nodes that reach each other at addresses of their own. */
export const checkNodes: Rule = ({ nodes, addresses }, complain) => {
  if (nodes === undefined) return;
  if (nodes.length !== 2)
    complain(["pair", "nodes"], `expected exactly two nodes, found ${nodes.length}`, "collection");
  const seen = new Map<string, string>();
  const family = nodes.find(({ address }) => address !== undefined)?.address?.family;
  for (const { name, path, address } of nodes) {
    if (address === undefined) continue;
    const at = [...path, "address"];
    const other = seen.get(address.text);
    if (other !== undefined) complain(at, `${address.text} is already the address of ${other}`);
    seen.set(address.text, name);
    if (address.family !== family) complain(at, "the two nodes need addresses of one family, IPv4 or IPv6");
    if (isLinkLocal(address)) complain(at, "a link-local address cannot be reached without its interface");
    if (addresses.some(({ meant }) => meant?.text === address.text)) {
      complain(at, `${address.text} is also in addresses; a node needs an address that stays with it`);
    }
  }
};
