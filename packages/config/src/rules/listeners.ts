import { formatEndpoint } from "@vipair/model";
import type { Rule } from "./rule.js";

/** A service listens on an address that the pair holds, and nobody else listens there. */
export const checkListeners: Rule = ({ addresses, services }, complain) => {
  const held = new Set(addresses.map(({ meant }) => meant?.text));
  const listeners = new Map<string, string>();
  for (const { name, path, listen } of services) {
    if (listen === undefined) continue;
    const at = [...path, "listen"];
    if (!held.has(listen.address.text)) complain(at, `${listen.address.text} is not in addresses`);
    const other = listeners.get(formatEndpoint(listen));
    if (other === undefined) listeners.set(formatEndpoint(listen), name);
    else complain(at, `the service ${other} already listens on ${formatEndpoint(listen)}`);
  }
};
