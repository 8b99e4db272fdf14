/**
 * Pictures are drawn from a bench's JSON, so that one can be drawn again.
 *
 *     bench ─▶ JSON ─▶ panels (throughput.ts, scale.ts, …) ─▶ SVG (picture.ts: bars.ts, curves.ts)
 */
export interface Picture {
  readonly title: string;
  /** Lines below the title. */
  readonly notes: readonly string[];
  /** How many panels stand side by side. */
  readonly columns: number;
  readonly panels: readonly Panel[];
}

export type Panel = BarPanel | CurvePanel;

/** A bar for each value, with a whisker from the least to the most. */
export interface BarPanel {
  readonly kind: "bars";
  readonly title: string;
  /** Where values lie orders of magnitude apart: then a bar begins at 1. */
  readonly logarithmic?: boolean;
  readonly groups: readonly BarGroup[];
}

export interface BarGroup {
  /** What its bars have in common; left out where there is one group. */
  readonly name?: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly series: string;
  readonly value: number;
  readonly least?: number;
  readonly most?: number;
}

/** A line for each series over a logarithmic axis. */
export interface CurvePanel {
  readonly kind: "curves";
  readonly title: string;
  /** What grows from left to right. */
  readonly across: string;
  /** Upwards, too. */
  readonly logarithmic: boolean;
  readonly curves: readonly Curve[];
}

export interface Curve {
  readonly series: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** `18.1`, `1.2K`, `0.86`. */
export const figure = (value: number): string => figures.format(value);

const figures = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
