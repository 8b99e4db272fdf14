import type { Path } from "../problem.js";
import { quote } from "../problem.js";
import type { Rule } from "./rule.js";

/** Keys that are accepted and checked, but do not do yet what they say: operators are told so. */
export const warnOfInertKeys: Rule = ({ services }, complain) => {
  const warn = (path: Path, key: string): void =>
    complain([...path, key], `${quote(key)} limits nothing yet`, "key", "warning");
  for (const { written, servers } of services) {
    if ("redirect" in written) continue;
    for (const server of servers) if (server.limited) warn(server.path, "maxConnections");
  }
};
