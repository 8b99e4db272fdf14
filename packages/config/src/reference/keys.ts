import { type JsonSchema, jsonSchema } from "./schema.js";

/** A mapping of the file with all keys that it may have. */
interface Section {
  /** `services.NAME.servers.NAME`; empty for the file itself. */
  readonly path: string;
  readonly schema: JsonSchema;
}

/** Every key of the file in Markdown: a section for each mapping, in it a table of its keys. */
export function renderKeys(): string {
  return sections({ path: "", schema: jsonSchema() }).map(renderSection).join("\n");
}

function sections(section: Section): Section[] {
  const inner = Object.entries(section.schema.properties ?? {}).flatMap(([key, schema]) => {
    const found = innerMapping(section.path === "" ? key : `${section.path}.${key}`, schema);
    return found === undefined ? [] : sections(found);
  });
  return [section, ...inner];
}

/** The mapping with fixed keys that a value is, or has as its entries. */
function innerMapping(path: string, schema: JsonSchema): Section | undefined {
  if (schema.properties !== undefined) return { path, schema };
  if (typeof schema.additionalProperties === "object") return innerMapping(`${path}.NAME`, schema.additionalProperties);
  if (schema.items !== undefined) return innerMapping(`${path}[]`, schema.items);
  for (const form of schema.anyOf ?? []) {
    const found = innerMapping(path, form);
    if (found !== undefined) return found;
  }
  return undefined;
}

function renderSection({ path, schema }: Section): string {
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const required = schema.required?.includes(key) === true;
    return `| \`${key}\` | ${typeOf(value)} | ${defaultOf(value, required)} | ${meaningOf(value)} |`;
  });
  const heading = path === "" ? "### The file" : `### \`${path}\``;
  return [heading, "", "| key | type | default | meaning |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

function typeOf({
  title,
  enum: choices,
  const: only,
  type,
  minimum,
  maximum,
  additionalProperties,
  anyOf,
}: JsonSchema): string {
  if (title !== undefined) return title;
  if (only !== undefined) return code(only);
  if (choices !== undefined) return choices.map(code).join(", ");
  if (type === "integer") return `${minimum} to ${maximum}`;
  if (type === "boolean") return "`true`, `false`";
  if (typeof additionalProperties === "object") return "mapping of names";
  if (anyOf?.every(isPlain)) return anyOf.map(typeOf).join(", ");
  if (anyOf?.[0] !== undefined) return typeOf(anyOf[0]);
  return type === "object" ? "mapping" : (type ?? "");
}

const isPlain = ({ title, const: only, type }: JsonSchema): boolean =>
  title === undefined && (only !== undefined || type === "boolean");

function defaultOf({ default: value }: JsonSchema, required: boolean): string {
  if (required) return "required";
  return value === undefined || typeof value === "object" ? "" : code(value);
}

function meaningOf({ description, examples }: JsonSchema): string {
  const example = examples === undefined || examples.length === 0 ? "" : ` Example: ${examples.map(code).join(", ")}.`;
  return `${description ?? ""}${example}`.replaceAll("|", "\\|");
}

const code = (value: unknown): string =>
  `\`${typeof value === "string" ? value : JSON.stringify(value).replaceAll(",", ", ").replaceAll('"', "")}\``;
