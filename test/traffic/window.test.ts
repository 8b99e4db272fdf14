import { expect, test } from "vitest";
import { type Datagram, summarise } from "./window.js";

const sequence = (lost: readonly number[]): Datagram[] =>
  Array.from({ length: 100 }, (_, at) => ({
    sentAt: at,
    answeredAt: lost.includes(at) ? 0 : at + 0.5,
    server: at % 2 === 0 ? "rs1" : "rs2",
  }));

test("nothing lost: no gap, and both servers are named", () => {
  const report = summarise(sequence([]), 0, 100, []);
  expect(report).toMatchObject({ sent: 100, answered: 100, lost: 0, gapMs: 0, servers: ["rs1", "rs2"] });
  expect(report.longestSilenceMs).toBe(1);
});

test("the gap runs from the last answered datagram before the loss to the first after it", () => {
  expect(summarise(sequence([40, 41, 42, 80]), 0, 100, [])).toMatchObject({ lost: 4, gapMs: 4 });
});

test("an outage that has not ended counts up to the end of the window", () => {
  const lost = Array.from({ length: 30 }, (_, i) => 70 + i);
  expect(summarise(sequence(lost), 0, 150, [])).toMatchObject({ lost: 30, gapMs: 81, longestSilenceMs: 80.5 });
});

test("when nothing was answered the whole window is the gap", () => {
  const lost = Array.from({ length: 100 }, (_, i) => i);
  expect(summarise(sequence(lost), 0, 100, [])).toMatchObject({ answered: 0, gapMs: 100, longestSilenceMs: 100 });
});
