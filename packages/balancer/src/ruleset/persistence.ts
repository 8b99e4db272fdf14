import { addressFromBytes, type Family, formatHostPort, type Persistence, stableHash } from "@vipair/model";
import { renderDraw } from "./draw.js";
import { clientChain, clientMap, keptChain, serverChain, unkeptCounter } from "./name.js";
import type { BalancedRules, Ruleset, ServerTarget, ServiceRules } from "./ruleset.js";
import type { Chain, NamedSet, Part } from "./table.js";

/**
 * A service that remembers its clients has a map from a client to the number of its server, whose elements time out:
 *
 *     service/owa ── who is in the map ──▶ client/owa ──▶ kept/owa/ex1: in the map for another hour ──▶ server/owa/ex1
 *          │                                   ▲
 *          └── others draw a number, which goes into the map
 *
 * On its way the number is the conntrack mark: nft has no other place for a value that was looked up. A client whose
 * server gets no new connections draws another number, and keeps that. Only the first packet of a connection comes here,
 * and takes the same few lookups whatever the number of clients and servers.
 */
export interface PersistentRules extends BalancedRules {
  readonly persistence: Persistence;
}

export const isPersistent = (rules: ServiceRules): rules is PersistentRules =>
  rules.kind === "balanced" && rules.persistence !== undefined;

export const persistentServices = ({ services }: Ruleset): readonly PersistentRules[] => services.filter(isPersistent);

/**
 * The numbers of a service's servers, by name: hashes of their addresses, so that both nodes agree on them and they
 * survive reloads. 0 is nobody's.
 */
export function serverNumbers(servers: readonly ServerTarget[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  const taken = new Set([0]);
  const sorted = servers.map(({ name, address }) => ({ name, text: formatHostPort(address) }));
  sorted.sort((a, b) => (a.text < b.text ? -1 : 1));
  for (const { name, text } of sorted) {
    let number = stableHash(text);
    while (taken.has(number)) number = (number + 1) >>> 0;
    taken.add(number);
    numbers.set(name, number);
  }
  return numbers;
}

/** The map of a service's clients. With another prefix it would hold others, so the prefix is part of what it is. */
export const clientMapOf = ({ name, listen, persistence }: PersistentRules): NamedSet => ({
  kind: "map",
  name: clientMap(name),
  declaration: [
    `type ipv${listen.address.family}_addr : mark`,
    `size ${persistence.clients}`,
    "flags dynamic,timeout",
    `timeout ${persistence.timeout}ms`,
    `comment "clients by /${persistence.prefix}"`,
  ],
});

/** What such a service has in the table besides its own chain. */
export const clientPart = (rules: PersistentRules): Partial<Part> => ({
  counters: [unkeptCounter(rules.name)],
  sets: [clientMapOf(rules)],
  chains: [...keptChains(rules), { name: clientChain(rules.name), rules: clientRules(rules) }],
});

/** The rules of the service's chain, while some server gets new connections. */
export function drawRules(rules: PersistentRules): readonly string[] {
  const { name } = rules;
  const numbers = serverNumbers(rules.servers);
  const map = clientMap(name);
  const client = clientKey(rules);
  return [
    "ct mark set 0",
    `jump ${clientChain(name)}`,
    `ct mark != 0 delete @${map} { ${client} : ct mark }`,
    `ct mark set ${renderDraw(rules, "map", (server) => `${numbers.get(server)}`)}`,
    // Another processor may have been faster with this client: what is in the map decides, not what was drawn.
    `add @${map} { ${client} : ct mark } goto ${clientChain(name)}`,
    `counter name ${unkeptCounter(name)} goto ${clientChain(name)}`,
  ];
}

/** The rules of the chain that knows who keeps their server; a client that is not in the map keeps the number it has. */
function clientRules(rules: PersistentRules): readonly string[] {
  const { name, eligible } = rules;
  if (eligible.length === 0) return [];
  const numbers = serverNumbers(rules.servers);
  const targets = eligible.map((server) => `${numbers.get(server.name)} : goto ${keptChain(name, server.name)}`);
  return [`ct mark set ${clientKey(rules)} map @${clientMap(name)}`, `ct mark vmap { ${targets.join(", ")} }`];
}

/** The chains of each server's clients. */
function keptChains(rules: PersistentRules): readonly Chain[] {
  const { name, mark } = rules;
  return [...serverNumbers(rules.servers)].map(([server, number]) => ({
    name: keptChain(name, server),
    rules: [
      `ct mark set 0x${mark.toString(16)}`,
      `update @${clientMap(name)} { ${clientKey(rules)} : ${number} }`,
      `goto ${serverChain(name, server)}`,
    ],
  }));
}

function clientKey({ listen, persistence }: PersistentRules): string {
  const { family } = listen.address;
  const source = family === 4 ? "ip saddr" : "ip6 saddr";
  return persistence.prefix === bitsOf(family) ? source : `${source} & ${maskText(family, persistence.prefix)}`;
}

const bitsOf = (family: Family): number => (family === 4 ? 32 : 128);

/** `255.255.255.0`, `ffff:ffff::`. */
function maskText(family: Family, prefix: number): string {
  const bytes = new Uint8Array(bitsOf(family) / 8);
  for (let bit = 0; bit < prefix; bit++) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return addressFromBytes(bytes).text;
}
