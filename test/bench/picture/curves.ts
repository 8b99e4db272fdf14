import { scaleLinear, scaleLog } from "d3-scale";
import { type CurvePanel, figure } from "./panel.js";
import { seriesClass } from "./style.js";
import { element, line, text } from "./svg.js";

export const curvesHeight = 190;
const margin = { left: 44, right: 12, top: 28, bottom: 40 };

/** Elements from (0, 0) on, so many units wide. */
export function drawCurves({ title, across, logarithmic, curves }: CurvePanel, width: number): string {
  const points = curves.flatMap((curve) => curve.points);
  const bottom = curvesHeight - margin.bottom;
  const xs = points.map(([x]) => x);
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const x = scaleLog([least, least === most ? 10 * most : most], [margin.left, width - margin.right]);
  const ys = points.map(([, y]) => y);
  const y = logarithmic
    ? scaleLog([decade(Math.min(...ys), Math.floor), decade(Math.max(...ys), Math.ceil)], [bottom, margin.top])
    : scaleLinear([0, Math.max(...ys)], [bottom, margin.top]).nice(4);
  const yTicks = logarithmic ? y.ticks().filter(isDecade) : y.ticks(4);
  return [
    text(0, 16, title, { kind: "head" }),
    ...yTicks.flatMap((tick) => [
      line(margin.left, y(tick), width - margin.right, y(tick), "axis"),
      text(margin.left - 6, y(tick) + 4, figure(tick), { kind: "small", anchor: "end" }),
    ]),
    ...x
      .ticks()
      .filter(isDecade)
      .flatMap((tick) => [
        line(x(tick), bottom, x(tick), bottom + 4, "axis"),
        text(x(tick), bottom + 17, figure(tick), { kind: "small", anchor: "middle" }),
      ]),
    text((margin.left + width - margin.right) / 2, bottom + 33, across, { kind: "small", anchor: "middle" }),
    ...curves.flatMap(({ series, points }) => [
      element("polyline", {
        points: points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(" "),
        class: `curve ${seriesClass(series)}`,
      }),
      ...points.map(([px, py]) =>
        element("circle", { cx: x(px), cy: y(py), r: 3, class: `dot ${seriesClass(series)}` }),
      ),
    ]),
  ].join("\n");
}

/** The power of ten beside the value. */
const decade = (value: number, beside: (exponent: number) => number): number =>
  10 ** beside(Math.log10(Math.max(value, 1e-9)));

const isDecade = (tick: number): boolean => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6);
