import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { formatProblems, parseConfig } from "@vipair/config";
import type { Config } from "@vipair/model";

/** A configuration that cannot be used; `report` has every problem with line and column. */
export class ConfigError extends Error {
  constructor(readonly report: string) {
    super("the configuration has errors");
    this.name = "ConfigError";
  }
}

export interface ConfigFile {
  readonly config: Config;
  readonly text: string;
  /** Warnings for people; empty when there are none. */
  readonly warnings: string;
}

/**
 * Reads and checks a configuration file.
 *
 * @throws ConfigError when it cannot be read or has errors
 */
export function readConfigFile(file: string): ConfigFile {
  const text = readText(file);
  const parsed = parseConfig(text);
  if (!parsed.ok) throw new ConfigError(formatProblems(file, [...parsed.problems, ...parsed.warnings]));
  return { config: parsed.config, text, warnings: formatProblems(file, parsed.warnings) };
}

/**
 * The name of this node: the one given, else the host name, with or without its domain.
 *
 * @throws ConfigError when the configuration does not know it
 */
export function nodeName(config: Config, given: string | undefined): string {
  const candidates = given === undefined ? [hostname(), hostname().replace(/\..*/, "")] : [given];
  const names = config.pair.nodes.map(({ name }) => name);
  const found = candidates.find((candidate) => names.includes(candidate));
  if (found !== undefined) return found;
  throw new ConfigError(
    `this host is ${candidates[0]}, and the pair has the nodes ${names.join(" and ")}: say --node NAME\n`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "there is no such file" : `cannot be read (${code ?? error})`;
    throw new ConfigError(`${file}: error: ${why}\n`);
  }
}
