import { bootClock } from "@vipair/kernel";
import type { PeerLink } from "../pair/link/link.js";
import type { Machine } from "./machine.js";

/** Sends the source's frames as fast as the peer link takes them. */
export interface Pump {
  /** Whatever else this turn of the event loop brings goes out together. */
  soon(): void;
  close(): void;
}

/** While the link is full. */
const pauseMs = 2;
const mostBacklog = 1 << 20;

export function openPump(
  machine: () => Machine,
  link: () => Pick<PeerLink, "connected" | "backlog">,
  send: (frame: Uint8Array) => void,
): Pump {
  let pumping: NodeJS.Immediate | undefined;
  let pausing: NodeJS.Timeout | undefined;

  const soon = (): void => {
    pumping ??= setImmediate(pump);
  };
  const pump = (): void => {
    pumping = undefined;
    const from = machine();
    if (from.role !== "source" || !link().connected) return;
    while (link().backlog < mostBacklog) {
      const frame = from.source.takeFrame(bootClock());
      if (frame === undefined) return;
      send(frame);
    }
    clearTimeout(pausing);
    pausing = setTimeout(soon, pauseMs);
  };
  return {
    soon,
    close: () => {
      clearImmediate(pumping);
      clearTimeout(pausing);
    },
  };
}
