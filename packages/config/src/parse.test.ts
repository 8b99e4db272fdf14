import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, file } from "../fixtures/marked.js";
import { formatProblems } from "./format.js";
import { parseConfig } from "./parse.js";

const example = (name: string): string =>
  readFileSync(new URL(`../../../deploy/examples/${name}.yaml`, import.meta.url), "utf8");

const manyWrong = `pair:
  name: 3mail
  secretfile: /etc/vipair/pair.key
  nodes:
    lb1: { address: 192.0.2.1, priority: 300 }
    lb2: { address: 192.0.2.1, priorty: 100 }
  heartbeat: { transport: vrp }
addresses:
  - { address: 198.51.100.255/24, interface: eth0 }
services:
  owa:
    listen: 198.51.100.11:443
    mode: dsr
    health: { type: http, body: "/(/" }
    servers:
      ex1: { address: 198.51.100.11:443, weight: 0 }
      ex2: { address: "[2001:db8::1]:80", maxConnections: 4 }
\t\t
`;

describe("parseConfig", () => {
  it("accepts the example, and names what has no effect", () => {
    const { config, warnings } = accepted(example("vipair"));
    expect(config).toMatchSnapshot();
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'services.owa.servers.ex2.maxConnections: "maxConnections" limits nothing yet',
    ]);
  });

  it.each(["minimal", "dns"])("accepts the %s example without a warning", (name) => {
    expect(accepted(example(name)).warnings).toEqual([]);
  });

  it("finds all problems at once", () => {
    const result = parseConfig(manyWrong);
    const problems = result.ok ? [] : result.problems;
    expect(
      `${formatProblems("vipair.yaml", problems)}${formatProblems("vipair.yaml", result.warnings)}`,
    ).toMatchSnapshot();
  });

  it("never throws, and always places its problems in the text", () => {
    const token = fc.constantFrom(
      ...[
        "pair",
        "nodes",
        "addresses",
        "services",
        "health",
        "track",
        ":",
        ": ",
        "\n",
        "\n  ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
      ],
      ...[
        "&a ",
        "*a",
        "<<: ",
        "'",
        '"',
        "|\n",
        "? ",
        "!!binary ",
        "%YAML 1.1\n",
        "---\n",
        "# ",
        "\t",
        "~",
        ".nan",
        "1e999",
        "0x10",
      ],
      ...["198.51.100.10:443", "2s", "https", "__proto__", "constructor", "\uD800", "\0"],
    );
    const soup = fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join(""));
    fc.assert(fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), expectPlaced), { numRuns: 500 });
  });

  it("never throws when a good file is damaged", () => {
    const good = example("vipair");
    const damage = fc.tuple(
      fc.nat(good.length),
      fc.nat(30),
      fc.constantFrom("", "[", "{", ": ", "-1", "~", "\n", "*x", '"'),
    );
    fc.assert(
      fc.property(damage, ([at, length, patch]) => expectPlaced(good.slice(0, at) + patch + good.slice(at + length))),
      { numRuns: 500 },
    );
  });

  it("never throws for any value in the place of any other", () => {
    const document = fc.record(
      { pair: fc.jsonValue(), addresses: fc.jsonValue(), services: fc.dictionary(fc.string(), fc.jsonValue()) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(document, (value) => expectPlaced(JSON.stringify(value))),
      { numRuns: 300 },
    );
  });

  it("reads thousands of services in seconds", () => {
    const services = Array.from({ length: 5_000 }, (_, i) => {
      const listen = `198.51.100.10:${i + 1}`;
      return `  s${i}:\n    listen: ${listen}\n    servers:\n      a: { address: 10.0.0.1:${i + 1} }\n      b: { address: 10.0.0.2:${i + 1} }\n`;
    });
    const text = file({ services: `services:\n${services.join("")}` });
    const start = performance.now();
    expect(accepted(text).config.services).toHaveLength(5_000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

function expectPlaced(text: string): void {
  const result = parseConfig(text);
  const lines = text.split("\n");
  for (const { line, column } of [...(result.ok ? [] : result.problems), ...result.warnings]) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
  }
  if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
}
