import type { StrayPolicy } from "../stray/stray.js";
import { elementKey, families, fromServer, listenerOf, serverOf, toListener } from "./elements.js";
import { passedOnCounter, resetCounter } from "./name.js";
import type { ServiceRules } from "./ruleset.js";
import { joinParts, type Part } from "./table.js";

/**
 * After a failover packets may come before the connection they belong to is known here. Dropped, they are sent again and
 * find it; passed on, they would be taken for the start of another connection. Once the policy says that they come too
 * late, they are answered with a reset instead.
 *
 *     guard ── of a connection that is known ──▶ goes on
 *       └───── of a service ──▶ stray ── SYN ──▶ goes on: a new connection
 *                                 └───── anything else ──▶ unknown: dropped, or counted and reset
 */
export const guardPart = (strays: StrayPolicy): Part =>
  joinParts([
    {
      counters: [passedOnCounter],
      chains: [
        { name: "unknown", rules: unknownRules(strays) },
        {
          name: "stray",
          rules: [
            "ct state invalid counter drop",
            "ct state new tcp flags & (fin | syn | rst | ack) != syn goto unknown",
          ],
        },
        {
          name: "guard",
          hook: "type filter hook prerouting priority mangle; policy accept;",
          rules: guardRules(strays),
        },
      ],
    },
  ]);

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

/**
 * Whose reset it is, by the listener or the server at the other end. Of services that share a server, the first by name
 * counts it.
 */
export function resetPart(rules: ServiceRules): Partial<Part> {
  if (rules.kind !== "balanced" || rules.listen.protocol !== "tcp") return {};
  const counter = resetCounter(rules.name);
  const ends = [
    ["listenerResets", rules.listen] as const,
    ...rules.servers.map(({ address }) => ["serverResets", address] as const),
  ];
  return {
    counters: [counter],
    elements: ends.map(([map, end]) => ({
      set: `${map}${end.address.family}`,
      key: elementKey(end),
      value: `"${counter}"`,
    })),
  };
}
