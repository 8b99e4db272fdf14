import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { vrrpGroups } from "@vipair/heartbeat";
import type { Family, VirtualAddress } from "@vipair/model";
import { datagramOptions } from "./datagram.js";
import type { HeartbeatPath, PacketListener } from "./path.js";

/** VRRP's groups: link-local, so every switch floods them and no router passes them. */
const groups: Readonly<Record<Family, string>> = { 4: vrrpGroups[4].text, 6: vrrpGroups[6].text };
const retryMs = 200;
/** How the kernel refuses to send from an interface or address that is no longer there. */
const sourceGone: ReadonlySet<string> = new Set(["ENODEV", "ENXIO", "EADDRNOTAVAIL", "EINVAL"]);

interface MulticastOptions {
  readonly index: number;
  readonly interface: string;
  readonly port: number;
  /** Never sent from: a backup does not have them. */
  readonly virtual: readonly VirtualAddress[];
}

/**
 * Multicast datagrams on one interface, from its own IPv4 address, or from its link-local IPv6 address when it has no
 * IPv4. The kernel hands packets of the group that arrived on other interfaces to this socket as well; the exchange tells
 * them apart by the path's index in the packet.
 *
 * A socket stays bound to the interface it was opened on: when sending says that this one is gone, or its address, the
 * path is opened anew.
 */
export function openMulticastPath(options: MulticastOptions, listener: PacketListener): HeartbeatPath {
  let socket: Socket | undefined;
  let retry: NodeJS.Timeout | undefined;
  let group = groups[4];

  const reopen = (): void => {
    socket = undefined;
    retry = setTimeout(open, retryMs);
  };
  const open = (): void => {
    const source = ownSource(options);
    if (source === undefined) return reopen();
    const opening = createSocket({ ...datagramOptions(source.family), reuseAddr: true });
    const abandon = (): void => {
      opening.close();
      reopen();
    };
    group = source.family === 4 ? groups[4] : `${groups[6]}%${options.interface}`;
    opening.on("message", (packet) => listener(packet, send));
    opening.on("error", abandon);
    opening.bind(options.port, group, () => {
      try {
        join(opening, source);
        socket = opening;
      } catch {
        abandon();
      }
    });
  };
  const join = (opening: Socket, { local }: Source): void => {
    opening.addMembership(group.replace(/%.*/, ""), local);
    opening.setMulticastInterface(local);
    opening.setMulticastTTL(1);
    opening.setMulticastLoopback(false);
  };
  const send = (packet: Uint8Array): void => {
    const sending = socket;
    sending?.send(packet, options.port, group, (error) => {
      if (sending !== socket || !sourceGone.has((error as NodeJS.ErrnoException | null)?.code ?? "")) return;
      sending.close();
      reopen();
    });
  };

  open();
  return {
    name: options.interface,
    index: options.index,
    send,
    close: () => {
      clearTimeout(retry);
      socket?.close();
      socket = undefined;
    },
  };
}

interface Source {
  readonly family: Family;
  /** What node:dgram names an interface by: an IPv4 address of it, or `::%name`. */
  readonly local: string;
}

function ownSource(options: MulticastOptions): Source | undefined {
  const virtual = new Set(options.virtual.map(({ prefix }) => prefix.address.text));
  const own = (networkInterfaces()[options.interface] ?? []).filter(({ address }) => !virtual.has(address));
  const v4 = own.find(({ family }) => family === "IPv4");
  if (v4 !== undefined) return { family: 4, local: v4.address };
  return own.some(({ family }) => family === "IPv6") ? { family: 6, local: `::%${options.interface}` } : undefined;
}
