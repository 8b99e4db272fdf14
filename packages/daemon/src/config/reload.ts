import { isDeepStrictEqual } from "node:util";
import { ConfigError, type ConfigFile, readConfigFile } from "./file.js";

export type Reload =
  | { readonly type: "accepted"; readonly file: ConfigFile }
  | { readonly type: "refused"; readonly report: string };

/**
 * Reads the configuration again. Services can change while the daemon runs; the pair and its addresses are what the two
 * nodes' agents have agreed on, the fast path is what the agent was started with: they need a restart, one node after the
 * other.
 */
export function reloadConfig(path: string, current: ConfigFile): Reload {
  try {
    const file = readConfigFile(path);
    const fixed = (["pair", "addresses", "fastPath"] as const).filter(
      (key) => !isDeepStrictEqual(file.config[key], current.config[key]),
    );
    if (fixed.length === 0) return { type: "accepted", file };
    return { type: "refused", report: `${path}: a change of ${fixed.join(" and ")} needs a restart of vipaird` };
  } catch (error) {
    if (error instanceof ConfigError) return { type: "refused", report: error.report };
    throw error;
  }
}
