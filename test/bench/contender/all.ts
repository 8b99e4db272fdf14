import { Topology } from "../../topology/topology.js";
import { startServers } from "../load/servers.js";
import type { Contender, ContenderName } from "./contender.js";
import { direct, nftlb, routing } from "./kernel.js";
import { haproxy, nginx, nodeProxy } from "./proxies.js";
import { vipair } from "./vipair.js";

const makers: Readonly<Record<ContenderName, (topology: Topology) => Contender | Promise<Contender>>> = {
  direct,
  routing,
  vipair,
  nftlb,
  haproxy,
  nginx,
  node: nodeProxy,
};

/** A contender on a network of its own, with servers that answer. Nothing of it runs yet. */
export async function openContender(name: ContenderName): Promise<Contender> {
  const topology = await Topology.open();
  try {
    // A proxy and a client need a port for each connection that has not been forgotten yet.
    for (const host of ["client", "lb1"] as const) {
      await topology.host(host).check(["sysctl", "-qw", "net.ipv4.ip_local_port_range=10000 65535"]);
    }
    await startServers(topology);
    return await makers[name](topology);
  } catch (error) {
    await topology.close();
    throw error;
  }
}
