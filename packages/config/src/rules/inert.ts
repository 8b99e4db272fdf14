import type { Path } from "../problem.js";
import { quote } from "../problem.js";
import type { Rule } from "./rule.js";

/** Keys that are accepted and checked, but do nothing so far: operators are told so. */
export const warnOfInertKeys: Rule = ({ services }, complain) => {
  const warn = (path: Path, key: string): void =>
    complain([...path, key], `${quote(key)} has no effect yet`, "key", "warning");
  for (const { written, servers } of services) {
    if ("redirect" in written) continue;
    for (const server of servers) if (server.limited) warn(server.path, "maxConnections");
  }
};
