import { expect, test } from "vitest";
import type { LoadResult } from "../hop.js";
import type { ScalePoint } from "../scale.js";
import type { ThroughputBench } from "../throughput.js";
import { drawFigures, type Figures } from "./picture.js";

const spread = (median: number, least = median, most = median) => ({ median, least, most });
const result = (contender: LoadResult["contender"], perSecond: number, hopUs: number): LoadResult => ({
  contender,
  perSecond: spread(perSecond, perSecond * 0.9, perSecond * 1.2),
  eachUs: spread(10),
  hopUs: spread(hopUs),
  hopRatio: 1,
});
const judged = { rounds: 3, seconds: 4, verdicts: [], passed: true };
const throughput: ThroughputBench = {
  ...judged,
  apart: false,
  bulk: [
    result("direct", 20, 0),
    result("routing", 10, 3_000),
    result("vipair", 10, 3_000),
    result("haproxy", 5, 6_000),
  ],
  packets: [],
  requests: [result("node", 60_000, -1)],
};

const drawn = (figures: Figures): string => drawFigures(JSON.stringify(figures));
/** The attribute of each element of the class, in order. */
function attributes(svg: string, kind: string, name: string): string[] {
  return [...svg.matchAll(/<\w+ [^>]*>/g)]
    .map(([tag]) => tag)
    .filter((tag) => new RegExp(`class="${kind}[ "]`).test(tag))
    .map((tag) => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "");
}

/** Whether every element that begins ends, in order. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, ending, name, alone] of svg.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>/g)) {
    if (alone === "/") continue;
    if (ending !== "/") open.push(name ?? "");
    else if (open.pop() !== name) return false;
  }
  return open.length === 0 && !/&(?!amp;|lt;|gt;|quot;)/.test(svg);
}

test("a bar is as long as its value, and its whisker goes from the least to the most", () => {
  const svg = drawn({ bench: "throughput", ...throughput });
  expect(isWellFormed(svg)).toBe(true);
  const [direct = 0, routing = 0, vipair = 0, haproxy = 0] = attributes(svg, "bar", "width").map(Number);
  expect(direct / routing).toBeCloseTo(2, 1);
  expect(vipair).toBe(routing);
  expect(vipair / haproxy).toBeCloseTo(2, 1);
  const [from = 0, to = 0] = [attributes(svg, "whisker", "x1"), attributes(svg, "whisker", "x2")].map((all) =>
    Number(all[0]),
  );
  expect([(from - 84) / direct, (to - 84) / direct]).toEqual([expect.closeTo(0.9, 1), expect.closeTo(1.2, 1)]);
  expect(svg).toContain(">20 (18–24)<");
});

test("what was not measured has no panel, no hop has no bar, and less than nothing is nothing", () => {
  const svg = drawn({ bench: "throughput", ...throughput });
  expect(svg).toContain("Bulk TCP");
  expect(svg).not.toContain("UDP");
  expect(svg.match(/class="bar s-direct"/g)).toHaveLength(1);
  expect(attributes(svg, "bar", "width").every((width) => Number(width) >= 1)).toBe(true);
});

test("curves have a line for each series, and leave out what was not measured", () => {
  const point = (contender: ScalePoint["contender"], size: number, more: Partial<ScalePoint> = {}): ScalePoint => ({
    contender,
    dimension: "services",
    size,
    startMs: 1,
    reloadMs: 10,
    residentMb: contender === "nftlb" ? 0 : 100,
    packetsPerSecond: contender === "haproxy" ? undefined : 100_000,
    packetUs: 10,
    connectionsPerSecond: 7_000,
    connectionUs: 100,
    ...more,
  });
  const points = [1, 100, 10_000].flatMap((size) => [
    point("vipair", size),
    point("nftlb", size),
    point("haproxy", size),
  ]);
  expect(drawn({ bench: "scale", ...judged, points: points.slice(0, 1) })).not.toContain("NaN");
  const svg = drawn({ bench: "scale", ...judged, points });
  expect(isWellFormed(svg)).toBe(true);
  // Legend, datagrams, connections, memory, reload.
  const lines = (series: string) => svg.match(new RegExp(`<polyline [^>]*class="curve s-${series}"`, "g"))?.length;
  expect([lines("vipair"), lines("nftlb"), lines("haproxy")]).toEqual([4, 3, 3]);
  const [first, second, third] =
    /points="([^"]*)"/
      .exec(svg)?.[1]
      ?.split(" ")
      .map((at) => Number(at.split(",")[0])) ?? [];
  expect((second ?? 0) - (first ?? 0)).toBeCloseTo((third ?? 0) - (second ?? 0), 0);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test("a picture is legible on dark ground, too, and anything else is refused", () => {
  expect(drawn({ bench: "throughput", ...throughput })).toContain("@media (prefers-color-scheme: dark)");
  expect(() => drawFigures("{}")).toThrow("not the JSON of a bench");
});
