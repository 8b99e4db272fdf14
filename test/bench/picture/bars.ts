import { scaleLinear, scaleLog } from "d3-scale";
import { type BarGroup, type BarPanel, figure } from "./panel.js";
import { seriesClass } from "./style.js";
import { element, line, text } from "./svg.js";

const rowHeight = 20;
const barHeight = 12;
const titleHeight = 28;
const groupGap = 6;
/** For the names on the left, and the figures on the right. */
const nameWidth = 84;
const figureWidth = 120;

export const barsHeight = ({ groups }: BarPanel): number =>
  titleHeight + groups.reduce((sum, group) => sum + groupHeight(group), 0);

const groupHeight = ({ name, bars }: BarGroup): number =>
  bars.length * rowHeight + (name === undefined ? 0 : rowHeight + groupGap);

/** Elements from (0, 0) on, so many units wide. */
export function drawBars({ title, groups, logarithmic = false }: BarPanel, width: number): string {
  const most = Math.max(1e-9, ...groups.flatMap(({ bars }) => bars.map(({ value, most = value }) => most)));
  const range = [nameWidth, width - figureWidth];
  const scale = logarithmic ? scaleLog([1, Math.max(10, most)], range) : scaleLinear([0, most], range);
  const at = (value: number): number => scale(Math.max(logarithmic ? 1 : 0, value));
  const parts = [text(0, 16, title, { kind: "head" })];
  let y = titleHeight;
  for (const { name, bars } of groups) {
    if (name !== undefined) {
      y += groupGap;
      parts.push(text(0, y + 14, name));
      y += rowHeight;
    }
    parts.push(line(nameWidth, y, nameWidth, y + bars.length * rowHeight, "axis"));
    for (const { series, value, least, most = value } of bars) {
      const middle = y + rowHeight / 2;
      parts.push(
        text(nameWidth - 8, middle + 4, series, { anchor: "end" }),
        element("rect", {
          x: nameWidth,
          y: middle - barHeight / 2,
          width: Math.max(1, at(value) - nameWidth),
          height: barHeight,
          rx: 1,
          class: `bar ${seriesClass(series)}`,
        }),
        ...(least === undefined ? [] : whisker(at(least), at(most), middle)),
        text(at(Math.max(value, most)) + 8, middle + 4, figureText(value, least, most), { kind: "small" }),
      );
      y += rowHeight;
    }
  }
  return parts.join("\n");
}

const whisker = (from: number, to: number, y: number): string[] => [
  line(from, y, to, y, "whisker"),
  line(from, y - 3, from, y + 3, "whisker"),
  line(to, y - 3, to, y + 3, "whisker"),
];

const figureText = (value: number, least: number | undefined, most: number): string =>
  least === undefined ? figure(value) : `${figure(value)} (${figure(least)}–${figure(most)})`;
