import { type Dimension, dimensions, type ScaleBench, type ScalePoint } from "../scale.js";
import type { CurvePanel, Picture } from "./panel.js";

interface Figure {
  readonly title: string;
  readonly value: (point: ScalePoint) => number | undefined;
  readonly logarithmic: boolean;
}

const figures: readonly Figure[] = [
  { title: "UDP datagrams/s", value: (point) => point.packetsPerSecond, logarithmic: false },
  { title: "connections/s", value: (point) => point.connectionsPerSecond, logarithmic: false },
  { title: "memory, MB", value: ({ residentMb }) => residentMb || undefined, logarithmic: true },
  { title: "reload, ms", value: ({ reloadMs }) => reloadMs && Math.max(1, reloadMs), logarithmic: true },
];

export const scalePicture = ({ rounds, seconds, points }: ScaleBench): Picture => {
  const measured = dimensions.filter((dimension) => points.some((point) => point.dimension === dimension));
  return {
    title: "What grows with services, servers and connections",
    notes: [
      `Medians of ${rounds} rounds of ${seconds} s. Memory: of its processes. Reload: until a client is answered by one service more.`,
      "HAProxy has no UDP, and its connections are not in the kernel's table.",
    ],
    columns: measured.length,
    panels: figures.flatMap((figure) => measured.map((dimension) => panel(points, dimension, figure))),
  };
};

function panel(points: readonly ScalePoint[], dimension: Dimension, { title, value, logarithmic }: Figure): CurvePanel {
  const own = points.filter((point) => point.dimension === dimension);
  const curves = [...new Set(own.map(({ contender }) => contender))].flatMap((series) => {
    const line = own.flatMap((point) => {
      const y = point.contender === series ? value(point) : undefined;
      return y === undefined ? [] : [[point.size, y] as const];
    });
    return line.length === 0 ? [] : [{ series, points: line }];
  });
  return { kind: "curves", title, across: dimension, logarithmic, curves };
}
