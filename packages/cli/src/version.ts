import { readFileSync } from "node:fs";

/** The version of the product, from the package beside the code. */
export function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
