import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { renderDocument } from "./document.js";
import { type JsonSchema, jsonSchema, renderSchema } from "./schema.js";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("what `npm run docs` writes", () => {
  it("vipair.schema.json is up to date", () => expect(read("vipair.schema.json")).toBe(renderSchema()));

  it("docs/configuration.md is up to date", () => {
    const text = renderDocument(read("reference/configuration.md"), read("../../deploy/examples/vipair.yaml"));
    expect(read("../../docs/configuration.md")).toBe(text);
  });
});

describe("the JSON Schema", () => {
  it("says what every key means", () => {
    expect(undescribed("", jsonSchema())).toEqual([]);
  });

  it("has the defaults as the operator writes them", () => {
    const heartbeat = jsonSchema().properties?.pair?.properties?.heartbeat;
    expect(heartbeat?.properties?.interval).toMatchObject({ default: "100ms", examples: ["100ms"] });
  });
});

function undescribed(path: string, schema: JsonSchema): string[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([key, value]) => [
    ...(value.description === undefined ? [`${path}.${key}`] : []),
    ...undescribed(`${path}.${key}`, value),
  ]);
  const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
  return [...own, ...inner.flatMap((value) => (typeof value === "object" ? undescribed(`${path}[]`, value) : []))];
}
