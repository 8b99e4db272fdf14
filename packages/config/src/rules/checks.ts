import { formatDuration } from "@vipair/model";
import { mappingOf } from "../draft.js";
import type { Path } from "../problem.js";
import { quote } from "../problem.js";
import type { Complain, Rule } from "./rule.js";

const httpKeys = ["method", "path", "status", "body", "host"];
const httpsKeys = ["sni", "verify"];

/** A check is over before the next one starts, and has only keys that its type knows. */
export const checkChecks: Rule = ({ services }, complain) => {
  for (const { path, written, interval, timeout } of services) {
    if (interval !== undefined && timeout !== undefined && timeout > interval) {
      const message = `the timeout must not be longer than the interval, which is ${formatDuration(interval)}`;
      complain([...path, "timeout"], message);
    }
    const { health } = written;
    if (Array.isArray(health)) {
      for (const [index, check] of health.entries()) checkKeys(check, [...path, "health", index], complain);
    } else {
      checkKeys(health, [...path, "health"], complain);
    }
  }
};

function checkKeys(check: unknown, path: Path, complain: Complain): void {
  const written = mappingOf(check);
  const refuse = (keys: readonly string[], owners: string): void => {
    for (const key of keys) {
      if (key in written) complain([...path, key], `${quote(key)} belongs to ${owners} checks only`, "key");
    }
  };
  if (written.type === "tcp") refuse(httpKeys, "http and https");
  if (written.type === "tcp" || written.type === "http") refuse(httpsKeys, "https");
  if (written.method === "HEAD" && "body" in written)
    complain([...path, "body"], "an answer to HEAD has no body", "key");
}
