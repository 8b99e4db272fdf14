import type { ConnectionsBench } from "../connections.js";
import type { FailoverBench } from "../failover/bench.js";
import type { ScaleBench } from "../scale.js";
import type { SyncBench } from "../sync/bench.js";
import type { ThroughputBench } from "../throughput.js";
import { draw } from "./draw.js";
import { connectionsPicture, throughputPicture } from "./hops.js";
import { failoverPicture, syncPicture } from "./pairs.js";
import type { Picture } from "./panel.js";
import { scalePicture } from "./scale.js";

/** What a bench writes as JSON: its figures, and which bench they are of. */
export type Figures =
  | ({ readonly bench: "throughput" } & ThroughputBench)
  | ({ readonly bench: "connections" } & ConnectionsBench)
  | ({ readonly bench: "scale" } & ScaleBench)
  | ({ readonly bench: "failover" } & FailoverBench)
  | ({ readonly bench: "sync" } & SyncBench);

/** An SVG document. @throws Error when the text is not what a bench wrote */
export function drawFigures(json: string): string {
  const picture = pictureOf(JSON.parse(json) as Figures);
  if (picture === undefined) throw new Error("not the JSON of a bench: it has no `bench` that is known");
  const panels = picture.panels.filter((panel) => panel.kind === "curves" || panel.groups.some(hasBars));
  return draw({ ...picture, panels });
}

const hasBars = ({ bars }: { readonly bars: readonly unknown[] }): boolean => bars.length > 0;

function pictureOf(figures: Figures): Picture | undefined {
  switch (figures.bench) {
    case "throughput":
      return throughputPicture(figures);
    case "connections":
      return connectionsPicture(figures);
    case "scale":
      return scalePicture(figures);
    case "failover":
      return failoverPicture(figures);
    case "sync":
      return syncPicture(figures);
  }
  return undefined;
}
