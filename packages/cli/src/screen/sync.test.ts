import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";
import { describe, expect, test } from "vitest";
import { exampleNow, exampleSync, exampleVerify } from "../example.fixture.js";
import { syncLines, verifyLines, verifyVerdict } from "./sync.js";

const plain = picocolors.createColors(false);
const text = (lines: readonly string[]) => `\n${lines.join("\n")}\n`;

describe("sync status", () => {
  test("shows the link, and what both nodes say", () => {
    expect(text(syncLines(exampleSync, exampleNow, plain))).toBe(`
link       ✔ up since 3 h 12 min

lb1 sends its connections
protected  41210 of 41530 connections (99.2 %), lag 38 ms
under way  12 waiting, 305 unacknowledged, 4 of them ends
lost       ✘ 3 that the standby's kernel lost or refused
compared   1152 times, last 4 s ago

lb2 holds the other's connections
holds      ✔ 41210 connections, in step
caught up  40100 missing, 3 surplus, 0 different
drift      ✘ 2 missing, 1 surplus, 0 different, last 2 min ago
refused    ✘ 3 by this kernel
lost       17 by this kernel, by time or by somebody's hand

NODE    SENT          RECEIVED          REFUSED  OVERRUNS  MEMORY
lb1   120000   48 MB     60000  720 kB        0         0    7 MB
lb2    60000  720 kB    119990   48 MB        1         2    5 MB
`);
  });

  test("of a pair without a link, or a peer that has not said anything", () => {
    const [first] = exampleSync.nodes;
    const alone = { ...exampleSync, connected: false, nodes: [{ node: "lb1" }, { node: "lb2" }] };
    expect(syncLines(alone, exampleNow, plain)[0]).toBe("link       ✘ down since 3 h 12 min");
    expect(syncLines(alone, exampleNow, plain)).toContain("lb2 has not said anything");
    expect(first?.node).toBe("lb1");
  });

  test("says the same with colours as without", () => {
    const coloured = syncLines(exampleSync, exampleNow, picocolors.createColors(true));
    expect(coloured.join("\n")).toContain("\u001b[");
    expect(coloured.map((line) => stripVTControlCharacters(line).trimEnd())).toEqual(
      syncLines(exampleSync, exampleNow, plain),
    );
  });
});

describe("sync verify", () => {
  test("of kernels that agree", () => {
    const agree = { ...exampleVerify, found: { missing: 0, surplus: 0, different: 0 }, repaired: 0, examples: [] };
    expect(verifyLines({ ...agree, rounds: 1 })).toEqual(["lb1 and lb2 agree on 41530 connections (1 look, 840 ms)"]);
  });

  test("of kernels that were repaired", () => {
    expect(verifyLines(exampleVerify)).toEqual([
      "lb1 and lb2 differed: 1 missing, 0 surplus, 1 different",
      "  tcp 192.0.2.7:40000 → 198.51.100.10:443 → 10.77.2.11:443 is missing on lb2",
      "repaired: 2; they agree on 41530 connections now (5 looks, 840 ms)",
    ]);
  });

  test("of kernels that do not agree", () => {
    const remaining = { missing: 7, surplus: 0, different: 0 };
    expect(verifyVerdict({ ...exampleVerify, remaining, complete: false })).toBe(
      "lb1 and lb2 differ: at least 7 missing, 0 surplus, 0 different, 2 repaired",
    );
  });
});
