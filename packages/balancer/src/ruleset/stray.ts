import type { Endpoint, Family } from "@vipair/model";
import type { StrayPolicy } from "../stray/stray.js";
import {
  elementKey,
  endpointType,
  families,
  fromServer,
  listenerOf,
  renderChain,
  renderNamed,
  serverOf,
  toListener,
} from "./elements.js";
import { passedOnCounter, resetCounter } from "./name.js";
import type { BalancedRules, Chain, Ruleset, ServiceRules } from "./ruleset.js";

/**
 * After a failover packets may come before the connection they belong to is known here. Dropped, they are sent again and
 * find it; passed on, they would be taken for the start of another connection. Once the policy says that they come too
 * late, they are answered with a reset instead.
 *
 *     guard ── of a connection that is known ──▶ goes on
 *       └───── of a service ──▶ stray ── SYN ──▶ goes on: a new connection
 *                                 └───── anything else ──▶ unknown: dropped, or counted and reset
 */
export const renderGuard = ({ strays }: Ruleset): readonly string[] => [
  ...renderChain("unknown", unknownRules(strays)),
  ...renderChain("stray", [
    "ct state invalid counter drop",
    "ct state new tcp flags & (fin | syn | rst | ack) != syn goto unknown",
  ]),
  ...renderChain("guard", ["type filter hook prerouting priority mangle; policy accept;", ...guardRules(strays)]),
];

/** The chains that depend on the policy, with their rules. */
export const policyChains = (strays: StrayPolicy): readonly Chain[] => [
  ["unknown", unknownRules(strays)],
  ["guard", guardRules(strays)],
];

const guardRules = (strays: StrayPolicy): readonly string[] => [
  ...(strays === "passOn" ? families.map((family) => `${toListener(family)} counter name ${passedOnCounter}`) : []),
  "ct state established,related accept",
  ...families.flatMap((family) => [`${toListener(family)} goto stray`, `${fromServer(family)} goto stray`]),
];

/** Each end is told when it sends something, by a reset that it takes for the other end's. */
const unknownRules = (strays: StrayPolicy): readonly string[] =>
  strays !== "reset"
    ? ["counter drop"]
    : [
        "tcp flags & rst == rst drop",
        ...families.flatMap((family) => [
          `counter name ${listenerOf(family)} map @listenerResets${family}`,
          `counter name ${serverOf(family)} map @serverResets${family}`,
        ]),
        "reject with tcp reset",
      ];

export const renderStrayCounters = ({ services }: Ruleset): readonly string[] => [
  `  counter ${passedOnCounter} { }`,
  ...services.filter(isCounted).map(({ name }) => `  counter ${resetCounter(name)} { }`),
];

/** Whose reset it is, by the listener or the server at the other end. The first of those that share a server counts it. */
export function renderStrayMaps({ services }: Ruleset, family: Family): readonly string[] {
  const counted = services.filter(isCounted);
  const listeners = counted.map(({ name, listen }) => [listen, name] as const);
  const servers = counted.flatMap(({ name, servers }) => servers.map(({ address }) => [address, name] as const));
  return [
    ...renderCounters(`listenerResets${family}`, family, listeners),
    ...renderCounters(`serverResets${family}`, family, servers),
  ];
}

function renderCounters(
  map: string,
  family: Family,
  ends: readonly (readonly [end: Endpoint, service: string])[],
): readonly string[] {
  const counters = new Map<string, string>();
  for (const [end, service] of ends) {
    if (end.address.family !== family || counters.has(elementKey(end))) continue;
    counters.set(elementKey(end), resetCounter(service));
  }
  const elements = [...counters].map(([key, counter]) => `${key} : "${counter}"`);
  return renderNamed(`map ${map}`, `${endpointType(family)} : counter`, elements);
}

const isCounted = (rules: ServiceRules): rules is BalancedRules =>
  rules.kind === "balanced" && rules.listen.protocol === "tcp";
