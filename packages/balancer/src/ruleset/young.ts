import { type Endpoint, formatHostPort, remember } from "@vipair/model";
import { chooseSlots } from "./draw.js";
import { serverChain, sorryChain } from "./name.js";
import type { BalancedRules, Ruleset, ServiceRules } from "./ruleset.js";

/**
 * A service whose connections may begin on the fast path, which knows them alone while they are young: a server is drawn,
 * and that is all that its rules would do.
 */
export interface YoungRules {
  readonly name: string;
  readonly listen: Endpoint;
  /** The conntrack mark that its connections have when they are not young any more. */
  readonly mark: number;
  readonly draw: "roundRobin" | "random";
  /** At least one; places in `destinations`. */
  readonly slots: readonly number[];
  readonly destinations: readonly YoungDestination[];
}

export interface YoungDestination {
  /** What the rules would count its connections by. */
  readonly counter: string;
  readonly address: Endpoint;
}

/** All such services, but those with an address of {@link sharedAddresses}. */
export const youngServices = ({ services }: Ruleset, shared: ReadonlySet<string>): readonly YoungRules[] =>
  services.flatMap((rules) => {
    const young = youngRules(rules);
    return young === undefined || isShared(rules, shared) ? [] : [young];
  });

/**
 * Addresses that several services in `nat` mode send connections to. From the same port of a client to two of these
 * services, a server would get two connections that it cannot tell apart; conntrack gives one of them another port.
 */
export function sharedAddresses({ services }: Ruleset): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const address of services.flatMap((rules) => [...new Set(addressesOf(rules))])) {
    (seen.has(address) ? shared : seen).add(address);
  }
  return shared;
}

/** Whether services send connections to the same addresses in both. */
export const sameAddresses = (a: Ruleset, b: Ruleset): boolean =>
  a.services.length === b.services.length &&
  a.services.every((rules, place) => rules === b.services[place] || serversOf(rules) === serversOf(b.services[place]));

const serversOf = (rules: ServiceRules | undefined): unknown =>
  rules?.kind === "balanced" ? rules.servers : undefined;

const isShared = (rules: ServiceRules, shared: ReadonlySet<string>): boolean =>
  shared.size > 0 && addressesOf(rules).some((address) => shared.has(address));

const addressesOf = remember((rules: ServiceRules): readonly string[] => {
  if (rules.kind === "redirect" || rules.listen.protocol !== "tcp" || rules.mode !== "nat") return [];
  const addresses = rules.servers.map(({ address }) => address);
  return (rules.sorry === undefined ? addresses : [...addresses, rules.sorry]).map(formatHostPort);
});

const youngRules = remember((rules: ServiceRules): YoungRules | undefined => {
  if (rules.kind === "redirect" || rules.listen.protocol !== "tcp" || rules.mode !== "nat") return undefined;
  const { name, listen, mark, scheduler, persistence } = rules;
  if (persistence !== undefined || scheduler === "sourceHash") return undefined;
  const destinations = destinationsOf(rules);
  if (destinations.length === 0) return undefined;
  const slots = rules.eligible.length === 0 ? [0] : chooseSlots(rules);
  return { name, listen, mark, draw: scheduler, slots, destinations };
});

function destinationsOf({ name, servers, eligible, sorry }: BalancedRules): readonly YoungDestination[] {
  if (eligible.length === 0) return sorry === undefined ? [] : [{ counter: sorryChain(name), address: sorry }];
  const addresses = new Map(servers.map((server) => [server.name, server.address]));
  return eligible.flatMap((server) => {
    const address = addresses.get(server.name);
    return address === undefined ? [] : [{ counter: serverChain(name, server.name), address }];
  });
}
