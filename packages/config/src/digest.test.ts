import { describe, expect, it } from "vitest";
import { accepted, file, pairWith, serviceWith } from "../fixtures/marked.js";
import { canonicalJson, configDigest, fnv1a64 } from "./digest.js";

const digest = (text: string): bigint => configDigest(accepted(text).config);

describe("configDigest", () => {
  it("sees no difference in layout, in defaults written out, or in the place of the secret", () => {
    const plain = digest(pairWith(""));
    expect(digest(`# a comment\n${pairWith("  preempt: false\n  sync: { port: 7340 }")}`)).toBe(plain);
    expect(digest(file().replace("/etc/vipair/pair.key", "/run/key"))).toBe(plain);
  });

  it("sees every difference that matters", () => {
    const texts = ["", "    rise: 5", "    mode: snat", "    health: none", "    sorry: 10.0.0.9:80"].map(serviceWith);
    const digests = [...texts, file(), pairWith("  preempt: true")].map(digest);
    expect(new Set(digests).size).toBe(digests.length);
  });

  it("is the same in every version that means the same", () =>
    expect(digest(file())).toMatchInlineSnapshot(`11696289968760719831n`));
});

describe("fnv1a64", () => {
  // The test vectors of draft-eastlake-fnv, appendix C.
  it.each([
    ["", 0xcbf29ce484222325n],
    ["a", 0xaf63dc4c8601ec8cn],
    ["foobar", 0x85944171f73967e8n],
  ])("of %j", (text, expected) => expect(fnv1a64(text)).toBe(expected));
});

describe("canonicalJson", () => {
  it("sorts keys, leaves out undefined, and is ASCII", () => {
    expect(canonicalJson({ b: [{ d: 1, c: "ü" }], a: undefined })).toBe('{"b":[{"c":"\\u00fc","d":1}]}');
  });
});
