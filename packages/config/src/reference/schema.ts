import { z } from "zod";
import { configSchema } from "../schema/config.js";

/** The parts of JSON Schema that the reference is made of. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** The JSON Schema of the operator's file, for editors that complete and check while one types. */
export function jsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, { io: "input", override: restoreExamples });
  return { ...schema, title: "vipair configuration" } as JsonSchema;
}

/** zod leaves out the examples of values that it transforms; ours are written as the operator writes them. */
function restoreExamples({
  zodSchema,
  jsonSchema,
}: {
  zodSchema: z.core.$ZodType;
  jsonSchema: { examples?: unknown };
}): void {
  const examples = z.globalRegistry.get(zodSchema)?.examples;
  if (Array.isArray(examples) && examples.length > 0) jsonSchema.examples = examples;
  else delete jsonSchema.examples;
}

/** The JSON Schema as the text of a file, laid out as the formatter of the repository does. */
export const renderSchema = (): string => `${renderJson(jsonSchema(), "")}\n`;

function renderJson(value: unknown, indent: string): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const entries = Array.isArray(value)
    ? value.map((item) => renderJson(item, inner))
    : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${renderJson(item, inner)}`);
  if (Array.isArray(value) && entries.every((entry) => !entry.includes("\n"))) return `[${entries.join(", ")}]`;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return entries.length === 0
    ? `${open}${close}`
    : `${open}\n${inner}${entries.join(`,\n${inner}`)}\n${indent}${close}`;
}
