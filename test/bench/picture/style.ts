import { contenderNames } from "../contender/contender.js";

/**
 * Plain, and legible in light and dark: a picture has its own ground, which follows the reader's system. Ours is blue, and
 * each series has a colour and a dash of its own, so that colour is never all that tells them apart.
 */
const series: readonly string[] = [...contenderNames, "keepalived", "conntrackd"];

interface Colours {
  readonly ground: string;
  readonly ink: string;
  readonly faint: string;
  readonly ours: string;
  readonly kernel: string;
  readonly proxy: string;
  readonly plain: string;
}

const light: Colours = {
  ground: "#ffffff",
  ink: "#1f2328",
  faint: "#d1d9e0",
  ours: "#0969da",
  kernel: "#bc4c00",
  proxy: "#57606a",
  plain: "#afb8c1",
};

const dark: Colours = {
  ground: "#0d1117",
  ink: "#e6edf3",
  faint: "#3d444d",
  ours: "#4493f8",
  kernel: "#db6d28",
  proxy: "#9198a1",
  plain: "#656c76",
};

const colourOf: Readonly<Record<string, keyof Colours>> = {
  direct: "plain",
  routing: "plain",
  vipair: "ours",
  "vipair-fast": "ours",
  "vipair-all": "ours",
  nftlb: "kernel",
  keepalived: "kernel",
  conntrackd: "kernel",
};

const dashOf: Readonly<Record<string, string>> = { nftlb: "6 3", haproxy: "2 3" };

/** The class of what belongs to a series. */
export const seriesClass = (name: string): string => `s-${name}`;

export const style = `
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
.title { font-size: 16px; font-weight: 600; } .head { font-weight: 600; } .small { font-size: 11px; }
.axis { stroke-width: 1; } .whisker { stroke-width: 1.5; } .curve { fill: none; stroke-width: 2; }
${rules(light)}
@media (prefers-color-scheme: dark) {
${rules(dark)}
}
`;

function rules(colours: Colours): string {
  const { ground, ink, faint } = colours;
  const bySeries = series.map((name) => {
    const colour = colours[colourOf[name] ?? "proxy"];
    const dash = dashOf[name] === undefined ? "" : ` stroke-dasharray: ${dashOf[name]};`;
    const its = seriesClass(name);
    return `.bar.${its}, .dot.${its} { fill: ${colour}; } .curve.${its} { stroke: ${colour};${dash} }`;
  });
  return [
    `.ground { fill: ${ground}; } text { fill: ${ink}; } .axis { stroke: ${faint}; } .whisker { stroke: ${ink}; }`,
    ...bySeries,
  ].join("\n");
}
