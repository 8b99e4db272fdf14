import { networkInterfaces } from "node:os";
import type { RouterLink } from "@vipair/heartbeat";
import { type IpAddress, isLinkLocal, parseAddress } from "@vipair/model";

/**
 * RFC 9568 § 7.2: the address that packets come from, the interface's primary IPv4 address or its link-local IPv6 address,
 * and never a virtual one; the node's own address where it is given. `undefined` while there is none.
 */
export function sourceOf(
  { local, interface: name, family }: RouterLink,
  virtual: ReadonlySet<string>,
): IpAddress | undefined {
  if (local !== undefined || name === undefined) return local;
  const own = (networkInterfaces()[name] ?? []).flatMap(({ address }) => parseAddress(address) ?? []);
  return own.find((address) => !virtual.has(address.text) && isPrimary(address, family));
}

const isPrimary = (address: IpAddress, family: RouterLink["family"]): boolean =>
  address.family === family && (family === 4 || isLinkLocal(address));
