/**
 * The test network. Each host is a network namespace; `switch` carries three bridges.
 *
 * ```
 *                    client net 198.51.100.0/24, 2001:db8:1::/64
 *   client .100 ──────┬──────────────────┬─────┬──────── watch .101 (asks who has the virtual address)
 *                eth0 │ .2          eth0 │ .3  └──────── third .102 (a gateway to track, or one who is in the way)
 *                   ┌─┴─┐              ┌─┴─┐           virtual address .10, held by the active node
 *                   │lb1│──eth2──────eth2│lb2│           sync net 192.0.2.0/24 (.1, .2)
 *                   └─┬─┘              └─┬─┘
 *                eth1 │ .2          eth1 │ .3            gateway .254, held by the active node
 *   rs1 .11 ──────────┴──────────────────┴──────── rs2 .12
 *                    server net 10.77.2.0/24, 2001:db8:2::/64
 * ```
 */
export const hostNames = ["client", "watch", "third", "lb1", "lb2", "rs1", "rs2"] as const;
export type HostName = (typeof hostNames)[number];
export type LbName = "lb1" | "lb2";
export type LinkName = "eth0" | "eth1" | "eth2";

/** A cable from a host's interface to a bridge of the switch. */
export interface Cable {
  readonly host: HostName;
  readonly link: LinkName;
  readonly bridge: "client" | "server" | "sync";
  readonly mac: string;
  readonly addresses: readonly string[];
}

export const virtualAddress = "198.51.100.10";
export const gateway = "10.77.2.254";
/** The host `third`, where a pair tracks it as a gateway. */
export const upstream = "198.51.100.102";
export const virtualAddress6 = "2001:db8:1::10";
export const gateway6 = "2001:db8:2::fe";

/** Where the real servers listen, and the services; `snat`: those of mode `snat`, with the same real servers. */
export const ports = {
  http: 80,
  /** UDP and TCP. */
  echo: 7,
  stream: 19,
  snat: { http: 1_080, echo: 1_007, stream: 1_019 },
} as const;

export const cables: readonly Cable[] = [
  cable("client", "eth0", "client", "00:64", ["198.51.100.100/24", "2001:db8:1::100/64"]),
  cable("watch", "eth0", "client", "00:65", ["198.51.100.101/24"]),
  cable("third", "eth0", "client", "00:66", ["198.51.100.102/24"]),
  cable("lb1", "eth0", "client", "01:00", ["198.51.100.2/24", "2001:db8:1::2/64"]),
  cable("lb1", "eth1", "server", "01:01", ["10.77.2.2/24", "2001:db8:2::2/64"]),
  cable("lb1", "eth2", "sync", "01:02", ["192.0.2.1/24"]),
  cable("lb2", "eth0", "client", "02:00", ["198.51.100.3/24", "2001:db8:1::3/64"]),
  cable("lb2", "eth1", "server", "02:01", ["10.77.2.3/24", "2001:db8:2::3/64"]),
  cable("lb2", "eth2", "sync", "02:02", ["192.0.2.2/24"]),
  cable("rs1", "eth0", "server", "03:11", ["10.77.2.11/24", "2001:db8:2::11/64"]),
  cable("rs2", "eth0", "server", "03:12", ["10.77.2.12/24", "2001:db8:2::12/64"]),
];

/** The name of the switch's end of a cable. */
export const port = (host: HostName, link: LinkName): string => `${host}-${link}`;

/** The MAC addresses on the client net, by host. */
export const clientMacs: Readonly<Record<string, HostName>> = Object.fromEntries(
  cables.filter(({ bridge }) => bridge === "client").map(({ mac, host }) => [mac, host]),
);

export const otherLb = (name: LbName): LbName => (name === "lb1" ? "lb2" : "lb1");

function cable(
  host: HostName,
  link: LinkName,
  bridge: Cable["bridge"],
  mac: string,
  addresses: readonly string[],
): Cable {
  return { host, link, bridge, mac: `02:00:00:00:${mac}`, addresses };
}
