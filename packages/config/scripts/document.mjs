// Writes vipair.schema.json and docs/configuration.md from the definitions in src/schema.
import { readFileSync, writeFileSync } from "node:fs";
import { renderDocument } from "../dist/reference/document.js";
import { renderSchema } from "../dist/reference/schema.js";

const at = (path) => new URL(path, import.meta.url);

writeFileSync(at("../vipair.schema.json"), renderSchema());
const introduction = readFileSync(at("../reference/configuration.md"), "utf8");
const example = readFileSync(at("../../../deploy/examples/vipair.yaml"), "utf8");
writeFileSync(at("../../../docs/configuration.md"), renderDocument(introduction, example));
