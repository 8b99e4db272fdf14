import { type Flow, formatHostPort } from "@vipair/model";
import type { Difference } from "@vipair/sync";
import { flowState, protocolName } from "../../replicate/words.js";

/** `tcp 192.0.2.7:40000 → 198.51.100.10:443 → 10.77.2.11:443 is missing on lb2` */
export function differenceSentence({ kind, active, standby }: Difference, names: Names): string {
  const flow = active ?? standby;
  const what = flow === undefined ? "a connection" : flowText(flow);
  switch (kind) {
    case "missing":
      return `${what} is missing on ${names.standby}`;
    case "surplus":
      return `${what} is on ${names.standby} alone`;
    case "different":
      return `${what}: ${difference(active, standby, names)}`;
  }
}

export interface Names {
  readonly active: string;
  readonly standby: string;
}

function difference(active: Flow | undefined, standby: Flow | undefined, names: Names): string {
  if (active === undefined || standby === undefined) return "differs";
  const both = (mine: string, theirs: string): string => `${mine} on ${names.active}, ${theirs} on ${names.standby}`;
  const replies = (flow: Flow): string => `${endOf(flow.reply, "source")} to ${endOf(flow.reply, "destination")}`;
  if (replies(active) !== replies(standby)) return both(`replies ${replies(active)}`, replies(standby));
  if (active.mark !== standby.mark) return both(`mark 0x${active.mark.toString(16)}`, `0x${standby.mark.toString(16)}`);
  return both(flowState(active), flowState(standby));
}

const flowText = ({ protocol, original, reply }: Flow): string =>
  `${protocolName(protocol)} ${endOf(original, "source")} → ${endOf(original, "destination")} → ${endOf(reply, "source")}`;

const endOf = (tuple: Flow["original"], end: "source" | "destination"): string =>
  formatHostPort({ address: tuple[end], port: tuple[`${end}Port`] });
