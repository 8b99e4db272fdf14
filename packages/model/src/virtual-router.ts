import type { Family } from "./address.js";
import type { Pair, VirtualAddress } from "./pair.js";

/**
 * A device that gives a virtual router its own link-layer address: a macvlan on the interface of its heartbeats, which
 * carries the addresses of one family there. Both nodes have the same, so neighbours notice nothing of a takeover.
 */
export interface VirtualDevice {
  /** `vipair4.51`; on the interface with number n > 0 of `heartbeat.interfaces`, `vipair4.51.n`. */
  readonly name: string;
  readonly parent: string;
  /** `00:00:5e:00:01:33`. */
  readonly mac: string;
}

/** RFC 9568 § 7.3: 00-00-5E-00-01-{VRID} for IPv4, 00-00-5E-00-02-{VRID} for IPv6. */
export const virtualMac = (family: Family, routerId: number): string =>
  `00:00:5e:00:0${family === 4 ? 1 : 2}:${routerId.toString(16).padStart(2, "0")}`;

/** The devices of a pair, in the order of their interfaces; none without `virtualMac`. */
export function virtualDevices(pair: Pair, addresses: readonly VirtualAddress[]): VirtualDevice[] {
  const devices = new Map<string, VirtualDevice>();
  for (const address of addresses) {
    const device = deviceOf(pair, address);
    if (device !== undefined) devices.set(device.name, device);
  }
  return [...devices.values()];
}

/**
 * The device on which an address lives; `undefined`: the interface itself. An interface without heartbeats has no virtual
 * router: nobody would tell the bridges there where the link-layer address is.
 */
export function deviceOf(
  { heartbeat }: Pair,
  { prefix, interface: parent }: VirtualAddress,
): VirtualDevice | undefined {
  const number = heartbeat.interfaces.indexOf(parent);
  if (heartbeat.virtualMac !== true || number < 0) return undefined;
  const { family } = prefix.address;
  const name = `vipair${family}.${heartbeat.routerId}${number === 0 ? "" : `.${number}`}`;
  return { name, parent, mac: virtualMac(family, heartbeat.routerId) };
}

/** The addresses where the kernel has them: those of a virtual router on its device. */
export const placeAddresses = (pair: Pair, addresses: readonly VirtualAddress[]): VirtualAddress[] =>
  addresses.map((address) => ({ ...address, interface: deviceOf(pair, address)?.name ?? address.interface }));
