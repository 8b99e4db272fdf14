import type { Family } from "@vipair/model";
import {
  elementKey,
  endpointType,
  families,
  fromServer,
  listenerOf,
  ofFamily,
  renderChain,
  renderNamed,
  toListener,
  word,
} from "./elements.js";
import { clientMap, serviceChain, tableName, unkeptCounter } from "./name.js";
import { clientMapType, type PersistentRules, persistentServices } from "./persistence.js";
import type { Ruleset } from "./ruleset.js";
import { destinationsOf, renderService } from "./service.js";
import { renderGuard, renderStrayCounters, renderStrayMaps } from "./stray.js";

/**
 * The whole table as one nft script, which replaces what is there in one transaction. For nft 1.0.6 and later.
 *
 *     prerouting (guard)   strays of connections that this kernel does not know (yet): dropped
 *     prerouting (nat)     listener ──▶ service/owa ──▶ server/owa/ex1 ──▶ dnat
 *     input                what no service took: refused at once
 *     postrouting (nat)    one-arm services: from the address they listen on
 *
 * A listener is found by one lookup in a map, so the cost of a packet does not grow with the number of services.
 */
export const renderRuleset = (ruleset: Ruleset): string => `${renderRemoval()}${renderTable(ruleset)}`;

/** The table alone; what is in the kernel under the same names must be the same. */
export function renderTable(ruleset: Ruleset): string {
  const lines = [
    `table inet ${tableName} {`,
    ...families.flatMap((family) => renderSets(ruleset, family)),
    ...ruleset.services.flatMap(destinationsOf).map(({ chain }) => `  counter ${chain} { }`),
    ...renderStrayCounters(ruleset),
    ...persistentServices(ruleset).flatMap(renderClients),
    ...ruleset.services.flatMap(renderService),
    ...families.flatMap((family) => renderMaps(ruleset, family)),
    ...families.flatMap((family) => renderStrayMaps(ruleset, family)),
    ...renderGuard(ruleset),
    ...renderNat(),
    ...renderInput(),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** Removes the table, if it is there. */
export const renderRemoval = (): string => `table inet ${tableName}\ndelete table inet ${tableName}\n`;

function renderSets({ services }: Ruleset, family: Family): readonly string[] {
  const listeners = ofFamily(
    services.map(({ listen }) => listen),
    family,
  );
  const servers = services.flatMap(destinationsOf).map(({ address }) => address);
  return [
    ...renderNamed(
      `set addresses${family}`,
      `ipv${family}_addr`,
      listeners.map(({ address }) => address.text),
    ),
    ...renderNamed(`set listeners${family}`, endpointType(family), listeners.map(elementKey)),
    ...renderNamed(`set endpoints${family}`, endpointType(family), ofFamily(servers, family).map(elementKey)),
  ];
}

function renderMaps({ services }: Ruleset, family: Family): readonly string[] {
  const own = services.filter(({ listen }) => listen.address.family === family);
  const verdicts = own.map(({ listen, name }) => `${elementKey(listen)} : goto ${serviceChain(name)}`);
  const sources = own.flatMap((service) => {
    if (service.kind !== "balanced" || service.mode !== "snat") return [];
    return [`0x${service.mark.toString(16)} : ${service.listen.address.text}`];
  });
  return [
    ...renderNamed(`map services${family}`, `${endpointType(family)} : verdict`, verdicts),
    ...renderNamed(`map sources${family}`, `mark : ipv${family}_addr`, sources),
  ];
}

const renderClients = (rules: PersistentRules): readonly string[] => [
  `  counter ${unkeptCounter(rules.name)} { }`,
  `  map ${clientMap(rules.name)} {`,
  ...clientMapType(rules).map((line) => `    ${line}`),
  "  }",
];

const renderNat = (): readonly string[] => [
  ...renderChain("prerouting", [
    "type nat hook prerouting priority dstnat; policy accept;",
    ...families.map((family) => `${listenerOf(family)} vmap @services${family}`),
  ]),
  ...renderChain("postrouting", [
    "type nat hook postrouting priority srcnat; policy accept;",
    ...families.map((family) => `meta nfproto ipv${family} snat ${word(family)} to ct mark map @sources${family}`),
  ]),
];

/**
 * What reaches this node itself on a listener was taken by no service: it has no server left. A server's packet to one
 * of our addresses is a stray answer of a one-arm connection.
 */
const renderInput = (): readonly string[] => [
  ...renderChain("refuse", ["meta l4proto tcp reject with tcp reset", "reject"]),
  ...renderChain("input", [
    "type filter hook input priority filter; policy accept;",
    "ct state established,related accept",
    "ct status dnat accept",
    ...families.flatMap((family) => [
      `${toListener(family)} goto refuse`,
      `${fromServer(family)} ${word(family)} daddr @addresses${family} drop`,
    ]),
  ]),
];
