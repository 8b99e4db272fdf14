import { type Endpoint, formatHostPort, remember } from "@vipair/model";
import { choiceRules } from "./choice.js";
import { elementKey, word } from "./elements.js";
import { serverChain, serviceChain, sorryChain } from "./name.js";
import { clientPart, isPersistent } from "./persistence.js";
import type { RedirectRules, ServiceRules } from "./ruleset.js";
import { resetPart } from "./stray.js";
import { type Chain, type Element, joinParts, type Part } from "./table.js";

/** What a service has in the table. */
export const servicePart = remember(
  (rules: ServiceRules): Part =>
    joinParts([
      { elements: listenerElements(rules) },
      destinationsPart(rules),
      resetPart(rules),
      isPersistent(rules) ? clientPart(rules) : {},
      { chains: [{ name: serviceChain(rules.name), rules: serviceRules(rules) }] },
    ]),
);

function listenerElements(rules: ServiceRules): readonly Element[] {
  const { name, listen } = rules;
  const { family, text } = listen.address;
  const key = elementKey(listen);
  const own = [
    { set: `addresses${family}`, key: text, value: "" },
    { set: `listeners${family}`, key, value: "" },
    { set: `services${family}`, key, value: `goto ${serviceChain(name)}` },
  ];
  if (rules.kind !== "balanced" || rules.mode !== "snat") return own;
  return [...own, { set: `sources${family}`, key: `0x${rules.mark.toString(16)}`, value: text }];
}

/** Where a service's connections may go: its servers, and its sorry server. */
function destinationsPart(rules: ServiceRules): Partial<Part> {
  if (rules.kind === "redirect") return {};
  const { name, servers, sorry } = rules;
  const destinations = servers.map((server): Destination => [serverChain(name, server.name), server.address]);
  if (sorry !== undefined) destinations.push([sorryChain(name), sorry]);
  return {
    counters: destinations.map(([chain]) => chain),
    chains: destinations.map(destinationChain),
    elements: destinations.map(([, address]) => ({
      set: `endpoints${address.address.family}`,
      key: elementKey(address),
      value: "",
    })),
  };
}

/** A chain that ends at an address, and the counter of the connections it got, which bears the same name. */
type Destination = readonly [chain: string, address: Endpoint];

/** NAT chains see only the first packet of a connection, so their counters count connections. */
function destinationChain([name, address]: Destination): Chain {
  const to = `dnat ${word(address.address.family)} to ${formatHostPort(address)}`;
  return { name, rules: [`meta l4proto ${address.protocol} counter name ${name} ${to}`] };
}

const serviceRules = (rules: ServiceRules): readonly string[] =>
  rules.kind === "balanced" ? choiceRules(rules) : redirectRules(rules);

const redirectRules = ({ port }: RedirectRules): readonly string[] =>
  port === undefined ? [] : [`meta l4proto tcp redirect to :${port}`];
