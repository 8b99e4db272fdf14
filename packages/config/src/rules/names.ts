import type { Path } from "../problem.js";
import { quote } from "../problem.js";
import { nameHint, namePattern } from "../schema/scalar.js";
import type { Rule } from "./rule.js";

/** The number of a service travels in the lower half of its connections' conntrack mark; 0 is none. */
export const maxServices = 65_535;

/** Nodes, services and servers have names that fit a command line, a log and the kernel. */
export const checkNames: Rule = ({ nodes, services }, complain) => {
  const check = ({ name, path }: { readonly name: string; readonly path: Path }): void => {
    if (!namePattern.test(name)) complain(path, `${quote(name)} is not a name: ${nameHint}`, "key");
  };
  for (const node of nodes ?? []) check(node);
  for (const service of services) {
    check(service);
    for (const server of service.servers) check(server);
  }
  if (services.length > maxServices) complain(["services"], `more than ${maxServices} services`, "collection");
};
