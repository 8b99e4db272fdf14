import { gateway, virtualAddress } from "../../topology/plan.js";
import type { Network } from "./contender.js";

/** Makes lb1 a router that also has the virtual address, as the contenders need it that do not see to that themselves. */
export async function forward(topology: Network): Promise<void> {
  const lb1 = topology.host("lb1");
  await lb1.check(["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.ip_nonlocal_bind=1"]);
  await lb1.check(["ip", "-batch", "-"], {
    input: `addr replace ${virtualAddress}/24 dev eth0\naddr replace ${gateway}/24 dev eth1\n`,
  });
  await forgetNeighbours(topology);
}

/** Takes away what {@link forward} made, and whatever rules are there. */
export async function unforward(topology: Network): Promise<void> {
  const lb1 = topology.host("lb1");
  await lb1.check(["nft", "flush", "ruleset"]);
  await lb1.run(["ip", "addr", "del", `${virtualAddress}/24`, "dev", "eth0"]);
  await lb1.run(["ip", "addr", "del", `${gateway}/24`, "dev", "eth1"]);
}

/** Nobody announces these addresses: whoever knew them on another host forgets it. */
async function forgetNeighbours(topology: Network): Promise<void> {
  const hosts = ["client", "rs1", "rs2"] as const;
  await Promise.all(hosts.map((host) => topology.host(host).check(["ip", "neigh", "flush", "all"])));
}
