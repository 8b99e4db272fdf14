import { Topology } from "../../topology/topology.js";
import { startServers } from "../load/servers.js";
import type { Contender, ContenderName, Network } from "./contender.js";
import { direct, nftlb, routing } from "./kernel.js";
import { haproxy, nginx, nodeProxy } from "./proxies.js";
import { vipair, vipairAll, vipairFast } from "./vipair.js";

const makers: Readonly<Record<ContenderName, (topology: Network) => Contender | Promise<Contender>>> = {
  direct,
  routing,
  vipair,
  "vipair-fast": vipairFast,
  "vipair-all": vipairAll,
  nftlb,
  haproxy,
  nginx,
  node: nodeProxy,
};

/** A contender, on a network of its own unless one is given. Nothing of it runs yet. */
export async function openContender(name: ContenderName, network?: Network): Promise<Contender> {
  if (network !== undefined) return makers[name](network);
  const topology = await Topology.open();
  try {
    await equip(topology);
    return await makers[name](topology);
  } catch (error) {
    await topology.close();
    throw error;
  }
}

/** Servers that answer; and a port for each connection of a proxy and of the client that has not been forgotten yet. */
export async function equip(network: Network): Promise<void> {
  for (const host of ["client", "lb1"] as const) {
    await network.host(host).check(["sysctl", "-qw", "net.ipv4.ip_local_port_range=10000 65535"]);
  }
  await startServers(network);
}
