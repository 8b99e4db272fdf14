import { quote } from "../problem.js";
import { balancedKeys } from "../schema/service.js";
import type { Rule } from "./rule.js";

/** A service either balances connections to servers or redirects; each has keys of its own. */
export const checkKinds: Rule = ({ services }, complain) => {
  for (const { path, written, listen, servers } of services) {
    if (!("redirect" in written)) {
      if (!("servers" in written)) complain(path, 'a service needs "servers" or "redirect"', "collection");
      else if (servers.length === 0 && isEmptyMapping(written.servers)) {
        complain([...path, "servers"], "expected at least one server", "collection");
      }
      continue;
    }
    for (const key of balancedKeys) {
      if (key in written) complain([...path, key], `${quote(key)} has no meaning in a service that redirects`, "key");
    }
    if (listen?.protocol === "udp") complain([...path, "listen"], "a service that redirects speaks HTTP, which is tcp");
  }
};

const isEmptyMapping = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
