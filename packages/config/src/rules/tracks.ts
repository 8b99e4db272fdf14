import { parseAddress, prefixContains } from "@vipair/model";
import { type AddressDraft, type Draft, isMapping, type Mapping } from "../draft.js";
import { type Path, quote } from "../problem.js";
import { whyNotUnicast } from "../schema/carried.js";
import type { Complain, Rule } from "./rule.js";

const kinds = ["interface", "gateway", "script", "service"];
/** Keys that say how something is looked at, and what they go with. */
const manners: Readonly<Record<string, readonly string[]>> = {
  interval: ["gateway", "script"],
  rise: ["gateway", "script"],
  fall: ["gateway", "script"],
  minimum: ["service"],
};

/** Each entry of `track` watches one thing, which is there to be watched. */
export const checkTracks: Rule = (draft, complain) => {
  const watched = new Map<string, number>();
  for (const [index, track] of draft.tracks.entries()) {
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
    checkManners(track, path, complain);
    checkSubject(track, path, draft, complain);
    const subject = `${first} ${String(track[first])}`;
    const before = watched.get(subject);
    if (before !== undefined) complain([...path, first], `${subject} is already tracked, at track[${before}]`);
    watched.set(subject, before ?? index);
  }
};

function checkManners(track: Mapping, path: Path, complain: Complain): void {
  for (const [key, owners] of Object.entries(manners)) {
    if (!(key in track) || owners.some((owner) => owner in track)) continue;
    complain([...path, key], `${quote(key)} goes with ${owners.map(quote).join(" or ")}`, "key");
  }
}

function checkSubject({ gateway, service, minimum }: Mapping, path: Path, draft: Draft, complain: Complain): void {
  const meant = typeof gateway === "string" ? parseAddress(gateway) : undefined;
  const mayReach = ({ prefix }: AddressDraft): boolean =>
    prefix === undefined || meant === undefined || prefixContains(prefix, meant);
  if (meant !== undefined && whyNotUnicast(meant) === undefined && !draft.addresses.some(mayReach)) {
    complain([...path, "gateway"], `${meant.text} is in the network of none of the addresses`);
  }
  if (typeof service !== "string") return;
  const found = draft.services.find(({ name }) => name === service);
  if (found === undefined) return complain([...path, "service"], `there is no service ${quote(service)}`);
  const { length } = found.servers;
  if ("redirect" in found.written) complain([...path, "service"], `${quote(service)} has no servers: it redirects`);
  else if (typeof minimum === "number" && minimum > length) {
    complain([...path, "minimum"], `${quote(service)} has only ${length} servers`);
  }
}
