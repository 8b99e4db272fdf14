import type { Rule } from "./rule.js";

/** An address is held once; an interface is named once. */
export const checkAddresses: Rule = ({ addresses, heartbeatInterfaces }, complain) => {
  const held = new Map<string, number>();
  for (const [index, { path, meant }] of addresses.entries()) {
    if (meant === undefined) continue;
    const { text } = meant;
    const other = held.get(text);
    if (other === undefined) held.set(text, index);
    else complain([...path, "address"], `${text} is already in addresses, at addresses[${other}]`);
  }
  for (const [index, name] of heartbeatInterfaces.entries()) {
    if (typeof name !== "string" || heartbeatInterfaces.indexOf(name) === index) continue;
    complain(["pair", "heartbeat", "interfaces", index], `${name} is already in the list`);
  }
};
