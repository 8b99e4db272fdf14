import { mappingOf } from "../draft.js";
import type { Rule } from "./rule.js";

/** A client prefix is not longer than an address. */
export const checkPersistence: Rule = ({ services }, complain) => {
  for (const { path, written, listen } of services) {
    const { prefix } = mappingOf(written.persistence);
    if (listen?.address.family !== 4 || typeof prefix !== "number" || prefix <= 32 || prefix > 128) continue;
    complain([...path, "persistence", "prefix"], `expected at most 32 in an IPv4 service, found ${prefix}`);
  }
};
