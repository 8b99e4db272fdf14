import { endpointType, families, fromServer, listenerOf, toListener, word } from "./elements.js";
import type { Ruleset } from "./ruleset.js";
import { servicePart } from "./service.js";
import { guardPart } from "./stray.js";
import { joinParts, type NamedSet, type Table } from "./table.js";

/**
 * The table that a ruleset asks for.
 *
 *     prerouting (guard)   strays of connections that this kernel does not know (yet): dropped
 *     prerouting (nat)     listener ──▶ service/owa ──▶ server/owa/ex1 ──▶ dnat
 *     input                what no service took: refused at once
 *     postrouting (nat)    one-arm services: from the address they listen on
 *
 * A listener is found by one lookup in a map, so the cost of a packet does not grow with the number of services.
 */
export const tableOf = ({ services, strays }: Ruleset): Table => [
  sharedPart,
  guardPart(strays),
  ...services.map(servicePart),
];

const sharedSets: readonly NamedSet[] = families.flatMap((family) => {
  const endpoint = endpointType(family);
  const set = (name: string, type: string): NamedSet => ({ kind: "set", name, declaration: [`type ${type}`] });
  const map = (name: string, type: string): NamedSet => ({ kind: "map", name, declaration: [`type ${type}`] });
  return [
    set(`addresses${family}`, `ipv${family}_addr`),
    set(`listeners${family}`, endpoint),
    set(`endpoints${family}`, endpoint),
    map(`services${family}`, `${endpoint} : verdict`),
    map(`sources${family}`, `mark : ipv${family}_addr`),
    map(`listenerResets${family}`, `${endpoint} : counter`),
    map(`serverResets${family}`, `${endpoint} : counter`),
  ];
});

/**
 * What reaches this node itself on a listener was taken by no service: it has no server left. A server's packet to one
 * of our addresses is a stray answer of a one-arm connection.
 */
const sharedPart = joinParts([
  {
    sets: sharedSets,
    chains: [
      {
        name: "prerouting",
        hook: "type nat hook prerouting priority dstnat; policy accept;",
        rules: families.map((family) => `${listenerOf(family)} vmap @services${family}`),
      },
      {
        name: "postrouting",
        hook: "type nat hook postrouting priority srcnat; policy accept;",
        rules: families.map(
          (family) => `meta nfproto ipv${family} snat ${word(family)} to ct mark map @sources${family}`,
        ),
      },
      { name: "refuse", rules: ["meta l4proto tcp reject with tcp reset", "reject"] },
      {
        name: "input",
        hook: "type filter hook input priority filter; policy accept;",
        rules: [
          "ct state established,related accept",
          "ct status dnat accept",
          ...families.flatMap((family) => [
            `${toListener(family)} goto refuse`,
            `${fromServer(family)} ${word(family)} daddr @addresses${family} drop`,
          ]),
        ],
      },
    ],
  },
]);
