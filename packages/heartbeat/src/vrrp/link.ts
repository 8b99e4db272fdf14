import { type Family, type IpAddress, isLinkLocal, type Pair, type VirtualAddress, virtualMac } from "@vipair/model";
import { nodesOf } from "../node/config.js";
import { vrrpGroups } from "./packet/layout.js";

/** A virtual router of the pair: the addresses of one family that are advertised in one place. */
export interface RouterLink {
  /** `eth0 IPv4`, `unicast IPv4`. */
  readonly name: string;
  readonly family: Family;
  /** The interface of multicast; `undefined`: packets between the two nodes' own addresses, wherever these are. */
  readonly interface: string | undefined;
  /** Where the packets go: the multicast group, or the other node. */
  readonly destination: IpAddress;
  /** Where unicast packets come from; `undefined`: the interface's primary address. */
  readonly local: IpAddress | undefined;
  /** RFC 9568 § 7.2: the link-layer address that packets come from; `undefined`: the interface's. */
  readonly mac: string | undefined;
  /** RFC 9568 § 5.2.9: what is listed; of IPv6 addresses the link-local ones come first. */
  readonly addresses: readonly IpAddress[];
}

/**
 * The links of the node called `nodeName`, in the same order on both nodes. An interface lists its own addresses; those on
 * interfaces without heartbeats are listed on the first interface, as keepalived lists `virtual_ipaddress … dev`. Unicast
 * lists those of the nodes' family; the others move with them.
 */
export function routerLinks(pair: Pair, nodeName: string, addresses: readonly VirtualAddress[]): readonly RouterLink[] {
  return pair.heartbeat.unicast ? unicastLinks(pair, nodeName, addresses) : multicastLinks(pair, addresses);
}

function unicastLinks(pair: Pair, nodeName: string, addresses: readonly VirtualAddress[]): RouterLink[] {
  const { own, peer } = nodesOf(pair, nodeName);
  const { family } = own.address;
  const name = `unicast IPv${family}`;
  const listed = listOf(addresses, family);
  const { address: destination } = peer;
  const packets = { interface: undefined, destination, local: own.address, mac: undefined };
  return [{ name, family, ...packets, addresses: listed }];
}

function multicastLinks({ heartbeat }: Pair, addresses: readonly VirtualAddress[]): RouterLink[] {
  const { interfaces } = heartbeat;
  const home = (address: VirtualAddress): string | undefined =>
    interfaces.includes(address.interface) ? address.interface : interfaces[0];
  return interfaces.flatMap((name) =>
    ([4, 6] as const).flatMap((family): RouterLink[] => {
      const listed = listOf(
        addresses.filter((address) => home(address) === name),
        family,
      );
      if (listed.length === 0) return [];
      const mac = heartbeat.virtualMac === true ? virtualMac(family, heartbeat.routerId) : undefined;
      const packets = { interface: name, destination: vrrpGroups[family], local: undefined, mac };
      return [{ name: `${name} IPv${family}`, family, ...packets, addresses: listed }];
    }),
  );
}

function listOf(addresses: readonly VirtualAddress[], family: Family): IpAddress[] {
  const listed = addresses.map(({ prefix }) => prefix.address).filter((address) => address.family === family);
  return [...listed.filter(isLinkLocal), ...listed.filter((address) => !isLinkLocal(address))];
}
