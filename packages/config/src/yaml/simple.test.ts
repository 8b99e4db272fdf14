import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineCounter } from "yaml";
import { readAny } from "./document.js";
import { readSimple } from "./simple.js";

const example = (name: string): string =>
  readFileSync(new URL(`../../../../deploy/examples/${name}.yaml`, import.meta.url), "utf8");
const examples = ["minimal", "dns", "vipair"].map(example);

const blocks = `# Words, numbers, and everything that blocks can be.
pair:
  name: mail # of the house
  nodes: { lb1: { address: 192.0.2.1, priority: 200 }, lb2: { address: "fd00::2", priority: 0 } }
  track:
  - { gateway: 192.0.2.254, weight: 1 }
  - script: [/usr/bin/true, '-v', "a b", yes, 1.2.3.4]
    weight: false

  - - nested
    - [ ]
  empty: { }
services:
    web_1.x:
        listen: 2001:db8::10
        interval: 20s
        health:
        -   type: http
            path: /a
        -   type: tcp
80: TRUE
`;

function byLibrary(text: string) {
  const { root, findings } = readAny(text, new LineCounter());
  return { read: root && { value: root.value, site: root.site }, findings };
}

describe("readSimple", () => {
  it.each(examples)("reads the examples", (text) => {
    expect(readSimple(text)).toEqual(byLibrary(text).read);
  });

  it("reads blocks, brackets, words, numbers and quoted text", () => {
    expect(readSimple(blocks)).toEqual(byLibrary(blocks).read);
  });

  it.each([
    "a:\n",
    "a: 0x1F",
    "a: 012",
    "a: 1.5",
    "a: 1e3",
    "a: null",
    "a: ~",
    "a: .inf",
    "a: &b c",
    "a: *b",
    "a: !c d",
  ])("leaves %j to the library", (text) => expect(readSimple(text)).toBeUndefined());

  it("reads what the library reads, or nothing", () => {
    const piece = fc.constantFrom(
      ..."{}[],:\"'#-&*!|>%@?~\\\n\t .019eExoab/=+",
      "\n  ",
      "\n- ",
      ": ",
      "- ",
      "true",
      "null",
      "<<",
      " #",
      ...["Null", "TRUE", "False", "0x1F", "0o17", "012", "1.5", "1.", "1e3", "1.2.3", "123456789012345678"],
    );
    const change = fc.record({
      at: fc.nat(9_999).map((share) => share / 10_000),
      cut: fc.nat(3),
      whole: fc.boolean(),
      piece,
    });
    const texts = fc.tuple(fc.constantFrom(blocks, ...examples), fc.array(change, { minLength: 1, maxLength: 4 }));
    let simple = 0;
    fc.assert(
      fc.property(texts, ([text, changes]) => {
        for (const { at, cut, whole, piece } of changes) {
          const somewhere = Math.floor(at * text.length);
          const from = whole ? text.lastIndexOf(" ", somewhere) + 1 : somewhere;
          const behind = text.slice(from);
          text = text.slice(0, from) + piece + (whole ? behind.replace(/^[^\s,}\]]*/, "") : behind.slice(cut));
        }
        const read = readSimple(text);
        if (read === undefined) return;
        simple += 1;
        expect({ read, findings: [] }).toEqual(byLibrary(text));
      }),
      { numRuns: 3_000 },
    );
    expect(simple).toBeGreaterThan(100);
  });
});
