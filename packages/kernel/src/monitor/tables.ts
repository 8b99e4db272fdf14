import { decodeAttributes, decodeString, type NetlinkMessage } from "../netlink/reader.js";
import { NETLINK_NETFILTER } from "../netlink/socket.js";
import { ownPorts } from "../nftables/own-ports.js";
import { familyNumber, subsystemNftables, type TableFamily, type TableName } from "../nftables/table.js";
import { instruction } from "../socket/filter.js";
import { type Overrun, type Watch, watchNetlink } from "./watch.js";

export type TableEvent =
  /** Somebody else deleted the table, or a chain, rule or set of it. */
  { readonly type: "tableDamaged"; readonly family: TableFamily; readonly table: string } | Overrun;

const NFNLGRP_NFTABLES = 7;
/** NFT_MSG_DELTABLE, DELCHAIN, DELRULE, DELSET: each names the table in attribute 1. */
const deletions = [2, 5, 8, 11];

/**
 * Watches for others who delete these nftables tables or parts of them; what this process does itself is no news (see
 * {@link ownPorts}). One deletion may be reported several times.
 * @throws KernelError when the kernel refuses the socket
 */
export function watchTables(names: readonly TableName[], listener: (event: TableEvent) => void): Watch {
  return watchNetlink(
    NETLINK_NETFILTER,
    [NFNLGRP_NFTABLES],
    (message) => {
      const damaged = names.find((name) => isDeletionFrom(message, name));
      if (damaged !== undefined) listener({ type: "tableDamaged", ...damaged });
    },
    () => listener({ type: "overrun" }),
    withoutElements,
  );
}

/**
 * Classic BPF that leaves out datagrams which begin with an element of a set (NFT_MSG_NEWSETELEM, DELSETELEM): a hundred
 * thousand of them may come and go, and are no damage.
 */
const withoutElements = Buffer.concat([
  // The type, which is in the byte order of the machine, where BPF loads in network byte order.
  instruction(0x28, 4),
  instruction(0x15, (12 << 8) | subsystemNftables, 1, 0),
  instruction(0x15, (14 << 8) | subsystemNftables, 0, 1),
  instruction(0x06, 0),
  instruction(0x06, 0xffff_ffff),
]);

function isDeletionFrom({ type, port, body }: NetlinkMessage, { family, table }: TableName): boolean {
  if (type >> 8 !== subsystemNftables || !deletions.includes(type & 0xff) || ownPorts.has(port)) return false;
  return body[0] === familyNumber[family] && decodeString(decodeAttributes(body, 4).get(1)) === table;
}
