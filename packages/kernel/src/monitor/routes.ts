import { formatPrefix } from "@vipair/model";
import { decodeAddress, RTM_DELADDR } from "../address/addresses.js";
import { decodeAttributes, decodeString, type NetlinkMessage } from "../netlink/reader.js";
import { NETLINK_ROUTE, NetlinkSocket } from "../netlink/socket.js";
import { type Overrun, type Watch, watchNetlink } from "./watch.js";

export type RouteEvent =
  /** The interface's carrier or administrative state changed; `up` needs both. A removed interface is down. */
  | { readonly type: "linkChanged"; readonly interface: string; readonly up: boolean }
  /** Somebody, this process included, removed the address, or its life was over. */
  | { readonly type: "addressRemoved"; readonly address: string; readonly interface: string }
  | Overrun;

const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_IPV6_IFADDR = 9;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x10000;

interface Link {
  readonly name: string;
  readonly up: boolean;
}

/**
 * Watches links and addresses. The kernel may hold back the events of a flapping link for up to a second: where that
 * matters, ask {@link openCarrier} as well.
 * @throws KernelError when the kernel refuses the socket
 */
export function watchRoutes(listener: (event: RouteEvent) => void): Watch {
  const links = new Map<number, Link>();
  const watch = watchNetlink(
    NETLINK_ROUTE,
    [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR],
    (message) => reportMessage(links, message, listener),
    () => {
      dumpLinks(links);
      listener({ type: "overrun" });
    },
  );
  // After joining the groups, so that no change falls between.
  dumpLinks(links);
  return watch;
}

function reportMessage(links: Map<number, Link>, message: NetlinkMessage, listener: (event: RouteEvent) => void): void {
  if (message.type === RTM_NEWLINK || message.type === RTM_DELLINK) {
    const index = message.body.readInt32LE(4);
    const link = decodeLink(message);
    const known = links.get(index);
    if (message.type === RTM_DELLINK) links.delete(index);
    else links.set(index, link);
    if (known?.up !== link.up || known.name !== link.name) {
      listener({ type: "linkChanged", interface: link.name, up: link.up });
    }
  } else if (message.type === RTM_DELADDR) {
    const address = decodeAddress(message);
    const link = address === undefined ? undefined : links.get(address.interfaceIndex);
    if (address === undefined) return;
    listener({ type: "addressRemoved", address: formatPrefix(address.prefix), interface: link?.name ?? "" });
  }
}

function decodeLink({ type, body }: NetlinkMessage): Link {
  const flags = body.readUInt32LE(8);
  const up = type === RTM_NEWLINK && (flags & IFF_UP) !== 0 && (flags & IFF_LOWER_UP) !== 0;
  return { name: decodeString(decodeAttributes(body, 16).get(IFLA_IFNAME)), up };
}

function dumpLinks(links: Map<number, Link>): void {
  links.clear();
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    socket.dump(
      RTM_GETLINK,
      (writer) => writer.raw(Buffer.alloc(16)),
      (message) => links.set(message.body.readInt32LE(4), decodeLink(message)),
    );
  } finally {
    socket.close();
  }
}
