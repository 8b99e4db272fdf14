import { cables, type HostName, type LbName, type LinkName, port } from "./plan.js";
import type { Topology } from "./topology.js";

/** Undoes what was done to the network. */
export type Heal = () => Promise<unknown>;

/** Frames that match one of these nftables expressions pass the switch no more; answers how to let them. One at a time. */
export async function drop(topology: Topology, ...matches: readonly string[]): Promise<Heal> {
  const rules = matches.map((match) => `${match} drop`).join("\n");
  const table = `table bridge apart { chain forward { type filter hook forward priority 0;\n${rules}\n}; }`;
  await topology.switch.check(["nft", "-f", "-"], { input: table });
  return () => topology.switch.check(["nft", "delete", "table", "bridge", "apart"]);
}

/** The frames from one host to another on a network that both have by this link. */
export const between = (from: HostName, to: HostName, link: LinkName): string =>
  `iifname "${port(from, link)}" oifname "${port(to, link)}"`;

export const bothWays = (one: HostName, other: HostName, link: LinkName, more = ""): string[] => [
  `${between(one, other, link)} ${more}`,
  `${between(other, one, link)} ${more}`,
];

/** All frames between the load balancers, on every network. */
export const betweenLbs: readonly string[] = cables.flatMap(({ host, link }) =>
  host === "lb1" ? bothWays("lb1", "lb2", link) : [],
);

/** All frames from and to a load balancer: its cables keep their carrier. */
export const everythingOf = (node: LbName): string[] =>
  cables
    .filter(({ host }) => host === node)
    .flatMap(({ link }) => [`iifname "${port(node, link)}"`, `oifname "${port(node, link)}"`]);
