import { describe, expect, it } from "vitest";
import { accepted, expectErrors, file, pairWith, serversOf } from "../../fixtures/marked.js";
import { parseConfig } from "../parse.js";
import { maxPieces, maxTextLength } from "./document.js";

const messages = (text: string): string[] => {
  const result = parseConfig(text);
  return result.ok ? [] : result.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
};

describe("syntax", () => {
  it("errors are located", () => {
    expectErrors(
      "pair:\n  name: mail\n ▸ sync: 5\n".replace(" ▸ ", "▸ "),
      "All mapping items must start at the same column",
    );
    expectErrors("pair:\n▸\tname: mail\n", "Tabs are not allowed as indentation");
    expectErrors(pairWith('  heartbeat: { interval: "▸\\q" }'), "Invalid escape sequence \\q");
  });

  it("is that of one mapping", () => {
    expectErrors("▸", "the file is empty");
    expectErrors("▸# nothing\n", "the file is empty");
    expectErrors("▸- a\n", "expected a mapping, found a list");
    expectErrors(`${file()}▸---\na: 1\n`, "the file must hold a single YAML document");
  });

  it("has no tags of its own", () => expectErrors(pairWith("  preempt: ▸!yes true"), "Unresolved tag: !yes"));

  it("has plain keys, each once", () => {
    expectErrors(pairWith("  ? ▸[a]\n  : 1"), "a key must be plain text");
    expectErrors(pairWith("  preempt: true\n  ▸preempt: false"), 'the key "preempt" is given twice');
    expectErrors(
      pairWith("  sync: { port: 1, ▸port: 2, ▸port: 3 }"),
      ...Array(2).fill('the key "port" is given twice'),
    );
  });

  it("errors in a quoted text that never ends are located", () => {
    expectErrors(pairWith('  name2: "x▸'), 'Missing closing "quote');
  });

  it("may have the line ends of Windows and a byte order mark", () => {
    accepted(`\uFEFF${file().replaceAll("\n", "\r\n")}`);
    expectErrors(pairWith("  sync: { port: ▸0 }").replaceAll("\n", "\r\n"), "expected at least 1, found 0");
  });
});

describe("aliases", () => {
  it("stand for what their anchor names", () => {
    const text = serversOf(`    health: &check { type: tcp, port: 25 }
    servers: &servers { a: { address: 10.0.0.1:443 } }
  owb:
    listen: 198.51.100.10:444
    health: [*check]
    servers: *servers`);
    const [first, second] = accepted(text).config.services;
    expect(second).toEqual({ ...first, name: "owb", listen: second?.listen });
  });

  it("are where a complaint about them points", () => {
    const text = `    redirect: https
  owb: { listen: &l 198.51.100.10:81, redirect: https }
  owc: { listen: ▸*l, redirect: https }`;
    expectErrors(serversOf(text), "the service owb already listens on 198.51.100.10:81");
  });

  it("can be merged into mappings, where what is written wins", () => {
    const text = serversOf(
      `    servers: { a: &base { address: 10.0.0.1:443, weight: 7 }, b: { <<: *base, address: 10.0.0.2:443 } }`,
    );
    expect(accepted(text).config.services[0]).toMatchObject({
      servers: [{ weight: 7 }, { weight: 7, address: { address: { text: "10.0.0.2" } } }],
    });
    const list =
      "    servers: { a: &a { address: 10.0.0.1:443 }, b: &b { address: 10.0.0.2:443, weight: 3 }, c: { <<: [*b, *a], address: 10.0.0.3:443 } }";
    expect(accepted(serversOf(list)).config.services[0]).toMatchObject({ servers: [{}, {}, { weight: 3 }] });
    expectErrors(
      serversOf("    servers: { a: { <<: ▸5, address: 10.0.0.1:443 } }"),
      "only a mapping, or a list of mappings, can be merged",
    );
  });

  it("need an anchor that is complete", () => {
    expectErrors(pairWith("  preempt: ▸*nothing"), "the alias *nothing refers to no anchor above it");
    expectErrors(pairWith("  track: &t [▸*t]"), "the alias *t refers to a value that contains it");
  });

  it("cannot multiply without end", () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`,
    );
    const found = messages(["a0: &a0 [x]", ...levels].join("\n"));
    expect(found).toEqual([
      expect.stringMatching(/^7:\d+ the document has more than 1000000 values, aliases expanded$/),
    ]);
  });
});

describe("hostile documents", () => {
  it.each(["[", "{a: ", "- ", "? ", "a: b: ", "[a, ", "!x &y [", '"'])("nested by %j are refused", (opening) => {
    const found = messages(opening.repeat(10_000));
    expect(found.length).toBeGreaterThan(0);
  });

  it("with deep nesting are told so where it gets too deep", () => {
    expect(messages("[".repeat(10_000))).toEqual(["1:65 the document is nested too deeply"]);
    expect(messages(`a: ${"[".repeat(60)}${"]".repeat(60)}`)).not.toContain("the document is nested too deeply");
  });

  it("with very long text are refused unread", () => {
    expect(messages("#".repeat(maxTextLength + 1))).toEqual([
      `1:1 the file is longer than ${maxTextLength} characters`,
    ]);
  });

  it("with very many entries are refused unread", () => {
    const told = [`1:1 the file has more than ${maxPieces} lines, brackets and commas`];
    expect(messages("}".repeat(maxPieces + 1))).toEqual(told);
    expect(messages("- a\n".repeat(maxPieces + 1))).toEqual(told);
  });

  it("with many wrong keys are answered in good time, with a bounded list", () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => `prempt${i}: ${i}`).join("\n");
    expect(messages(keys)).toHaveLength(1000);
  });
});
