import { type Endpoint, formatHostPort } from "@vipair/model";
import { choiceRules } from "./choice.js";
import { renderChain } from "./elements.js";
import { clientChain, serverChain, serviceChain, sorryChain } from "./name.js";
import { clientRules, isPersistent, keptChains } from "./persistence.js";
import type { Chain, RedirectRules, ServiceRules } from "./ruleset.js";

/** Chains that end at an address, each with the counter of the connections it got; the counter bears the same name. */
export interface Destination {
  readonly chain: string;
  readonly address: Endpoint;
}

/** Where a service's connections may go: its servers, and its sorry server. */
export function destinationsOf(rules: ServiceRules): readonly Destination[] {
  if (rules.kind === "redirect") return [];
  const { name, servers, sorry } = rules;
  const own = servers.map((server) => ({ chain: serverChain(name, server.name), address: server.address }));
  return sorry === undefined ? own : [...own, { chain: sorryChain(name), address: sorry }];
}

/** The chains that say which servers get new connections now; the last is the one that the listener leads to. */
export function choiceChains(rules: ServiceRules): readonly Chain[] {
  const chain: Chain = [serviceChain(rules.name), serviceRules(rules)];
  return isPersistent(rules) ? [[clientChain(rules.name), clientRules(rules)], chain] : [chain];
}

const serviceRules = (rules: ServiceRules): readonly string[] =>
  rules.kind === "balanced" ? choiceRules(rules) : redirectRules(rules);

/** Destinations first: a chain must be there before a rule may lead to it. */
export const renderService = (rules: ServiceRules): readonly string[] => [
  ...destinationsOf(rules).flatMap(renderDestination),
  ...(isPersistent(rules) ? keptChains(rules) : []).flatMap(renderRules),
  ...choiceChains(rules).flatMap(renderRules),
];

const renderRules = ([name, rules]: Chain): readonly string[] => renderChain(name, rules);

const redirectRules = ({ port }: RedirectRules): readonly string[] =>
  port === undefined ? [] : [`meta l4proto tcp redirect to :${port}`];

/** NAT chains see only the first packet of a connection, so their counters count connections. */
function renderDestination({ chain, address }: Destination): readonly string[] {
  const family = address.address.family === 4 ? "ip" : "ip6";
  const rule = `meta l4proto ${address.protocol} counter name ${chain} dnat ${family} to ${formatHostPort(address)}`;
  return renderChain(chain, [rule]);
}
