import { renderKeys } from "./keys.js";

/**
 * The text of docs/configuration.md.
 *
 * @param introduction hand-written Markdown with the lines `<!-- example -->` and `<!-- keys -->`
 * @param example a configuration to show
 */
export function renderDocument(introduction: string, example: string): string {
  const parts = new Map([
    ["<!-- example -->", `\`\`\`yaml\n${example}\`\`\``],
    ["<!-- keys -->", renderKeys().trimEnd()],
  ]);
  const lines = introduction.split("\n").map((line) => parts.get(line) ?? line);
  return lines.join("\n");
}
