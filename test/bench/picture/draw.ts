import { barsHeight, drawBars } from "./bars.js";
import { curvesHeight, drawCurves } from "./curves.js";
import type { Panel, Picture } from "./panel.js";
import { seriesClass, style } from "./style.js";
import { element, line, text } from "./svg.js";

const width = 860;
const edge = 20;
const gap = 24;
const noteHeight = 18;

/** The whole picture as an SVG document. */
export function draw({ title, notes, columns, panels }: Picture): string {
  const panelWidth = (width - 2 * edge - (columns - 1) * gap) / columns;
  const named = legend(panels);
  const parts = [text(edge, 32, title, { kind: "title" })];
  let y = 40;
  for (const note of notes) {
    y += noteHeight;
    parts.push(text(edge, y, note, { kind: "small" }));
  }
  if (named.length > 0) {
    y += noteHeight + 6;
    parts.push(drawLegend(named, y));
  }
  y += gap;
  for (const row of rows(panels, columns)) {
    row.forEach((panel, column) => {
      parts.push(placed(edge + column * (panelWidth + gap), y, drawPanel(panel, panelWidth)));
    });
    y += Math.max(...row.map(heightOf)) + gap;
  }
  return `${element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${Math.ceil(y)}`, role: "img", "aria-label": title },
    element("style", {}, style),
    element("rect", { width, height: Math.ceil(y), rx: 6, class: "ground" }),
    ...parts.map((part) => `\n${part}`),
    "\n",
  )}\n`;
}

const heightOf = (panel: Panel): number => (panel.kind === "bars" ? barsHeight(panel) : curvesHeight);
const drawPanel = (panel: Panel, width: number): string =>
  panel.kind === "bars" ? drawBars(panel, width) : drawCurves(panel, width);
const placed = (x: number, y: number, inside: string): string =>
  element("g", { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, `\n${inside}\n`);

/** Bars say whose they are. */
const legend = (panels: readonly Panel[]): string[] => [
  ...new Set(panels.flatMap((panel) => (panel.kind === "curves" ? panel.curves.map(({ series }) => series) : []))),
];

const drawLegend = (series: readonly string[], y: number): string =>
  series
    .map((name, index) => {
      const x = edge + index * 110;
      const its = seriesClass(name);
      const sample = line(x, y - 4, x + 28, y - 4, `curve ${its}`);
      return [
        sample,
        element("circle", { cx: x + 14, cy: y - 4, r: 3, class: `dot ${its}` }),
        text(x + 36, y, name),
      ].join("");
    })
    .join("\n");

function rows<Item>(items: readonly Item[], columns: number): Item[][] {
  const count = Math.ceil(items.length / columns);
  return Array.from({ length: count }, (_, row) => items.slice(row * columns, (row + 1) * columns));
}
