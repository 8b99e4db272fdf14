import { isMapping } from "../draft.js";
import { quote } from "../problem.js";
import type { Rule } from "./rule.js";

const kinds = ["interface", "gateway", "script"];

/** Each entry of `track` watches one thing. */
export const checkTracks: Rule = ({ tracks }, complain) => {
  for (const [index, track] of tracks.entries()) {
    if (!isMapping(track)) continue;
    const path = ["pair", "track", index];
    const [first, ...others] = kinds.filter((kind) => kind in track);
    if (first === undefined) {
      complain(path, `expected one of the keys ${kinds.join(", ")}`, "collection");
      continue;
    }
    for (const other of others) {
      complain([...path, other], `${quote(other)} beside ${quote(first)}: give each an entry of its own`, "key");
    }
    if ("interval" in track && !("script" in track))
      complain([...path, "interval"], '"interval" goes with "script"', "key");
  }
};
