import type { EventKind, EventReport } from "@vipair/model";
import type { Paint } from "./mark.js";
import { localTimeText } from "./time.js";

/** `2026-01-01 14:03:22.123  lb1  lb1 became active: the peer fell silent`, in local time. */
export function eventLine({ at, node, kind, message }: EventReport, paint: Paint): string {
  return `${paint.dim(localTimeText(at))}  ${node}  ${emphasis(kind, paint)(message)}`;
}

function emphasis(kind: EventKind, paint: Paint): (text: string) => string {
  switch (kind) {
    case "roleChanged":
      return paint.bold;
    case "refused":
    case "conflict":
      return paint.red;
    case "restored":
    case "strays":
    case "trackChanged":
    case "pathChanged":
      return paint.yellow;
    case "healthChanged":
    case "adminChanged":
    case "peerChanged":
    case "configChanged":
    case "started":
    case "stopped":
      return (text) => text;
  }
}
