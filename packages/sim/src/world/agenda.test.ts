import { describe, expect, it } from "vitest";
import { Random } from "../random.js";
import { Agenda } from "./agenda.js";

describe("agenda", () => {
  it("lets things happen by time, and equal times in the order of planning", () => {
    const random = new Random(1);
    const agenda = new Agenda();
    const times = Array.from({ length: 500 }, () => random.below(50));
    const happened: [number, number][] = [];
    for (const [i, at] of times.entries()) agenda.plan(at, () => happened.push([at, i]));
    while (agenda.advance(100)) expect(agenda.now).toBe(happened.at(-1)?.[0]);
    const expected = times.map((at, i): [number, number] => [at, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    expect(happened).toEqual(expected);
  });

  it("stops at the end, and lets what is late happen at once", () => {
    const agenda = new Agenda();
    const happened: string[] = [];
    agenda.plan(5, () => agenda.plan(1, () => happened.push(`late at ${agenda.now}`)));
    agenda.plan(11, () => happened.push("never"));
    while (agenda.advance(10)) expect(agenda.now).toBe(5);
    expect(happened).toEqual(["late at 5"]);
  });
});

describe("random", () => {
  it("repeats itself for the same seed, and spreads evenly", () => {
    const [a, b, c] = [new Random(42), new Random(42), new Random(43)];
    const draws = Array.from({ length: 1_000 }, () => a.below(10));
    expect(draws).toEqual(Array.from({ length: 1_000 }, () => b.below(10)));
    expect(draws).not.toEqual(Array.from({ length: 1_000 }, () => c.below(10)));
    for (let digit = 0; digit < 10; digit++) {
      const share = draws.filter((draw) => draw === digit).length;
      expect(share).toBeGreaterThan(60);
      expect(share).toBeLessThan(140);
    }
  });
});
